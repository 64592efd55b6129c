// Random tables and requests, against a matcher that asks every entry and sorts.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "dataplane/match/rewrite.h"
#include "dataplane/match/route_table.h"
#include "tests/random_pattern.h"

namespace weft {
namespace {

std::vector<std::string> labels_of(const std::string& text, char between) {
  std::vector<std::string> labels(1);
  for (const char c : text) {
    if (c == between) {
      labels.emplace_back();
    } else {
      labels.back() += c;
    }
  }
  return labels;
}

class NaiveTable {
 public:
  explicit NaiveTable(const std::vector<RouteEntry>& entries) : entries_(entries) {
    for (const RouteEntry& entry : entries) {
      const bool is_pattern = entry.kind == PathKind::pattern;
      patterns_.push_back(*Rewrite::compile(is_pattern ? entry.path : "", ""));
    }
  }

  std::vector<uint32_t> candidates(const std::string& host, const std::string& path) {
    // Host (exact, wildcard by length, any), kind, prefix by length, conditions, place.
    using Order = std::tuple<int, std::size_t, int, std::size_t, uint32_t, uint32_t>;
    std::vector<Order> found;
    for (uint32_t at = 0; at < entries_.size(); ++at) {
      const RouteEntry& entry = entries_[at];
      if (!host_matches(entry.host, host) || !path_matches(at, path)) continue;
      const int of_host = entry.host == "*" ? 2 : entry.host.starts_with('*') ? 1 : 0;
      const bool is_prefix = entry.kind == PathKind::prefix;
      const int of_path = is_prefix ? 2 : entry.kind == PathKind::pattern ? 1 : 0;
      const std::size_t segments_bytes = is_prefix ? without_slash(entry.path).size() : 0;
      found.emplace_back(of_host, 1000 - entry.host.size(), of_path, 1000 - segments_bytes,
                         1000 - entry.conditions, at);
    }
    std::sort(found.begin(), found.end());
    std::vector<uint32_t> ids;
    for (const Order& order : found) ids.push_back(entries_[std::get<5>(order)].id);
    return ids;
  }

 private:
  static std::string without_slash(std::string path) {
    if (path.ends_with('/')) path.pop_back();
    return path;
  }
  static bool host_matches(const std::string& pattern, const std::string& host) {
    if (pattern == "*") return true;
    std::vector<std::string> wanted = labels_of(pattern, '.');
    std::vector<std::string> labels = labels_of(host, '.');
    if (wanted[0] != "*") return wanted == labels;
    wanted.erase(wanted.begin());
    if (labels.size() <= wanted.size()) return false;
    labels.erase(labels.begin(), labels.end() - static_cast<std::ptrdiff_t>(wanted.size()));
    return wanted == labels;
  }
  bool path_matches(uint32_t at, const std::string& path) {
    const RouteEntry& entry = entries_[at];
    if (entry.kind == PathKind::exact) return entry.path == path;
    if (entry.kind == PathKind::pattern) {
      std::array<char, 1> none;
      return patterns_[at].apply(path, none, scratch_).outcome == Rewrite::Outcome::rewritten;
    }
    const std::vector<std::string> wanted = labels_of(without_slash(entry.path), '/');
    const std::vector<std::string> segments = labels_of(path, '/');
    return segments.size() >= wanted.size() &&
           std::equal(wanted.begin(), wanted.end(), segments.begin());
  }

  const std::vector<RouteEntry>& entries_;
  std::vector<Rewrite> patterns_;
  RewriteScratch scratch_ = *RewriteScratch::make();
};

class RandomRoutes {
 public:
  std::vector<RouteEntry> entries() {
    std::vector<RouteEntry> entries(random.up_to(40));
    for (uint32_t id = 0; id < entries.size(); ++id) {
      RouteEntry& entry = entries[id];
      entry = {one_of({"*", "*.a", "*.b.a", "a", "b.a", "c.b.a"}), PathKind::exact, "",
               random.up_to(2), id};
      const uint32_t kind = random.up_to(4);
      entry.kind = kind == 0 ? PathKind::pattern : kind <= 2 ? PathKind::prefix : PathKind::exact;
      const bool is_pattern = entry.kind == PathKind::pattern;
      entry.path = is_pattern ? (random.up_to(4) == 0 ? "" : "/") + random.pattern() : path();
    }
    return entries;
  }
  std::string host() { return one_of({"a", "b.a", "c.b.a", "d.c.b.a", "x.a", "x.y", "b"}); }
  std::string path() { return '/' + random.text(3); }

  test::RandomPattern random{7};

 private:
  std::string one_of(const std::vector<std::string>& choices) {
    return choices[random.up_to(static_cast<uint32_t>(choices.size() - 1))];
  }
};

TEST(RouteTableRandom, CandidatesAreThoseOfANaiveMatcherInItsOrder) {
  RandomRoutes routes;
  uint32_t several = 0;
  for (int round = 0; round < 500; ++round) {
    const std::vector<RouteEntry> entries = routes.entries();
    const Result<RouteTable> table = RouteTable::compile(entries, routes.random.up_to(UINT32_MAX));
    ASSERT_TRUE(table.has_value()) << table.error().message;
    PatternScratch scratch = *table->make_scratch();
    NaiveTable naive(entries);
    for (int i = 0; i < 40; ++i) {
      const std::string host = routes.host();
      const std::string path = routes.path();
      const std::vector<uint32_t> expected = naive.candidates(host, path);
      std::vector<uint32_t> candidates;
      const auto none = table->find(host, path, scratch, [&](uint32_t id) {
        candidates.push_back(id);
        return false;
      });
      ASSERT_EQ(none, std::nullopt);
      ASSERT_EQ(candidates, expected) << host << path;
      several += expected.size() >= 3 ? 1 : 0;
      if (expected.empty()) continue;
      const uint32_t wanted =
          expected[routes.random.up_to(static_cast<uint32_t>(expected.size() - 1))];
      ASSERT_EQ(table->find(host, path, scratch, [&](uint32_t id) { return id == wanted; }),
                wanted);
    }
  }
  EXPECT_GT(several, 2000u);
}

}  // namespace
}  // namespace weft
