// What it costs to find a route among 10 and among 10,000 of the same mix (95 percent literal paths
// and prefixes, 5 percent patterns, a hundred routes a host), among 3,000 patterns under one
// literal prefix, and to compile them. Requests are drawn at random over all hosts and routes, in
// the same mix, and lie behind each other in memory. README.md has the figures.
#include <benchmark/benchmark.h>

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "dataplane/match/route_table.h"

namespace weft {
namespace {

constexpr uint32_t requests_max = 1 << 14;  // too many for a branch predictor to learn

struct Request {
  std::string host;
  std::string path;
};

class Routes {
 public:
  explicit Routes(uint32_t count) {
    const uint32_t hosts = (count + 99) / 100;
    for (uint32_t id = 0; id < count; ++id) {
      RouteEntry entry{.host = host(id % hosts), .conditions = 0, .id = id};
      entry.kind = kind_of(id / hosts);
      entry.path = entry.kind == PathKind::pattern ? pattern() : literal();
      entries.push_back(entry);
    }
  }

  // To a route of a kind that is drawn first, so that 10 routes get as many for patterns as 10,000.
  Request request() {
    const PathKind kind = kind_of(random_() % 20);
    const RouteEntry* entry = nullptr;
    do {
      entry = &entries[random_() % entries.size()];
    } while (entry->kind != kind);
    Request request{entry->host, entry->path};
    if (request.host.starts_with('*')) request.host.replace(0, 1, word());
    if (kind == PathKind::prefix) request.path += '/' + word() + '/' + word();
    if (kind == PathKind::pattern) {
      request.path.replace(request.path.find('['), std::string::npos,
                           std::to_string(random_() % 10'000));
    }
    return request;
  }

  std::vector<RouteEntry> entries;

 private:
  static PathKind kind_of(uint32_t place) {
    if (place % 20 == 7) return PathKind::pattern;
    return place % 2 == 0 ? PathKind::exact : PathKind::prefix;
  }
  static std::string host(uint32_t n) {
    return (n % 10 == 9 ? "*.team" : "www.team") + std::to_string(n) + ".shop.example";
  }
  std::string word() {
    std::string word;
    for (uint32_t syllables = 2 + random_() % 2; syllables > 0; --syllables) {
      word += "bcdfgklmnprst"[random_() % 13];
      word += "aeiou"[random_() % 5];
    }
    return word;
  }
  std::string literal() {
    static constexpr const char* first[] = {"/api/v1", "/api/v2", "/static", "/account", ""};
    std::string path = first[random_() % 5];
    for (uint32_t segments = 1 + random_() % 3; segments > 0; --segments) path += '/' + word();
    return path;
  }
  std::string pattern() { return literal() + "/[0-9]+(?:/.*)?"; }

  std::mt19937 random_{7};
};

// Requests behind each other in memory. They are used some at a time, from a small buffer, as they
// would lie in a core's first cache when they were parsed; what they come from is flushed from
// the second one, which is left to the table.
class Requests {
 public:
  static constexpr uint32_t together = 64;

  explicit Requests(Routes& routes) {
    for (uint32_t i = 0; i < requests_max; ++i) {
      const Request request = routes.request();
      sizes_.emplace_back(request.host.size(), request.path.size());
      text_ += request.host + request.path;
    }
  }

  // Calls use(requests) for each buffer.
  template <class Use>
  void for_each_buffer(Use use) const {
    std::array<std::pair<std::string_view, std::string_view>, together> some;
    std::string buffer;
    std::size_t at = 0;
    for (uint32_t i = 0; i < requests_max; i += together) {
      std::size_t size_bytes = 0;
      for (uint32_t j = i; j < i + together; ++j) size_bytes += sizes_[j].first + sizes_[j].second;
      buffer.assign(text_, at, size_bytes);
      for (std::size_t line = 0; line < size_bytes; line += 64) {
        _mm_clflush(text_.data() + at + line);
      }
      at += size_bytes;
      const char* next = buffer.data();
      for (uint32_t j = 0; j < together; ++j) {
        const auto [host_bytes, path_bytes] = sizes_[i + j];
        some[j] = {{next, host_bytes}, {next + host_bytes, path_bytes}};
        next += host_bytes + path_bytes;
      }
      use(some);
    }
  }

 private:
  std::vector<std::pair<uint16_t, uint16_t>> sizes_;
  std::string text_;
};

// A table, and what it is asked.
class Load {
 public:
  explicit Load(uint32_t count) : routes_(count) {}

  // The time of one request, in nanoseconds; each is asked once.
  double request_ns() {
    std::chrono::duration<double, std::nano> all{};
    requests_.for_each_buffer([&](const auto& requests) {
      const auto begin = std::chrono::steady_clock::now();
      for (const auto& [host, path] : requests) {
        found_ += table_.find(host, path, scratch_, [](uint32_t) { return true; }).has_value();
      }
      all += std::chrono::steady_clock::now() - begin;
    });
    asked_ += requests_max;
    return all.count() / requests_max;
  }
  bool has_found_all() const { return found_ == asked_; }
  double bytes() const { return static_cast<double>(table_.bytes()); }

 private:
  Routes routes_;
  RouteTable table_ = *RouteTable::compile(routes_.entries, 7);
  PatternScratch scratch_ = *table_.make_scratch();
  Requests requests_{routes_};
  uint64_t asked_ = 0;
  uint64_t found_ = 0;
};

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<long>(values.size() / 2));
  return values[values.size() / 2];
}

// In turns with 10 routes, as the machine's speed changes while it is measured: the ratio is the
// median of those of each turn.
void find(benchmark::State& state) {
  Load few(10);
  Load many(static_cast<uint32_t>(state.range(0)));
  std::vector<double> few_ns;
  std::vector<double> many_ns;
  std::vector<double> ratios;
  for (auto _ : state) {
    few_ns.push_back(few.request_ns());
    many_ns.push_back(many.request_ns());
    ratios.push_back(many_ns.back() / few_ns.back());
  }
  if (!few.has_found_all() || !many.has_found_all()) state.SkipWithError("a route was not found");
  state.counters["few_ns"] = median(few_ns);
  state.counters["many_ns"] = median(many_ns);
  state.counters["ratio"] = median(ratios);
  state.counters["bytes"] = many.bytes();
}
BENCHMARK(find)->Arg(10)->Arg(100)->Arg(1000)->Arg(10'000)->Unit(benchmark::kMicrosecond);

void compile(benchmark::State& state) {
  const Routes routes(static_cast<uint32_t>(state.range(0)));
  for (auto _ : state) {
    const Result<RouteTable> table = RouteTable::compile(routes.entries, 7);
    benchmark::DoNotOptimize(&table);
  }
}
BENCHMARK(compile)->Arg(10'000)->Iterations(1)->Unit(benchmark::kMillisecond);

// Patterns of one group, and a path that the last of them matches, or none.
std::vector<RouteEntry> one_group(uint32_t count) {
  std::vector<RouteEntry> entries;
  for (uint32_t id = 0; id < count; ++id) {
    const std::string path = "/shop/[a-z]+/item" + std::to_string(id * 7919) + "/[0-9]+(?:/.*)?";
    entries.push_back({.kind = PathKind::pattern, .path = path, .id = id});
  }
  return entries;
}

void find_in_one_group(benchmark::State& state, bool matches) {
  const auto count = static_cast<uint32_t>(state.range(0));
  const RouteTable table = *RouteTable::compile(one_group(count), 7);
  PatternScratch scratch = *table.make_scratch();
  const std::string item = std::to_string((count - 1) * 7919);
  const std::string path = "/shop/cart/" + (matches ? "item" + item : "thing" + item) + "/12/view";
  for (auto _ : state) {
    const auto id = table.find("a.example", path, scratch, [](uint32_t) { return true; });
    if (id.has_value() != matches) return state.SkipWithError("the wrong patterns match");
  }
  state.counters["bytes"] = static_cast<double>(table.bytes());
}
BENCHMARK_CAPTURE(find_in_one_group, matched, true)
    ->Arg(1)
    ->Arg(100)
    ->Arg(3000)
    ->Iterations(1 << 20);
BENCHMARK_CAPTURE(find_in_one_group, unmatched, false)
    ->Arg(1)
    ->Arg(100)
    ->Arg(3000)
    ->Iterations(1 << 20);

void compile_one_group(benchmark::State& state) {
  const std::vector<RouteEntry> entries = one_group(static_cast<uint32_t>(state.range(0)));
  for (auto _ : state) {
    const Result<RouteTable> table = RouteTable::compile(entries, 7);
    benchmark::DoNotOptimize(&table);
  }
}
BENCHMARK(compile_one_group)->Arg(100)->Arg(3000)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weft
