// Membership in long prefix lists, a burst of addresses at a time in random order, half of them
// inside; the bytes of the set; and the time to build it.
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "dataplane/table/prefix_set.h"

namespace weft {
namespace {

// Prefixes of 24 (IPv4) or 48 bits (IPv6), no two of which touch.
IpAddress address_of(uint32_t n, bool v4, uint32_t beside) {
  if (v4) return IpAddress::v4(be32((n << 9 | beside << 8) + 7));
  std::array<std::byte, 16> bytes{std::byte{0x20}, std::byte{1}};
  store(&bytes[2], be32(n << 1 | beside));
  return IpAddress::v6(bytes.data());
}

std::vector<IpPrefix> prefixes_of(uint32_t count, bool v4) {
  std::vector<IpPrefix> result;
  for (uint32_t n = 0; n < count; ++n) result.emplace_back(address_of(n, v4, 0), v4 ? 24 : 48);
  return result;
}

void look_up(benchmark::State& state, bool v4) {
  const auto count = static_cast<uint32_t>(state.range(0));
  const PrefixSet set(prefixes_of(count, v4));
  std::mt19937 random(7);
  std::vector<std::array<IpAddress, PrefixSet::together_max>> bursts(1 << 12);
  uint32_t inside = 0;
  for (auto& burst : bursts) {
    for (IpAddress& address : burst) {
      const uint32_t beside = random() % 2;
      inside += 1 - beside;
      address = address_of(random() % count, v4, beside);
    }
  }
  std::size_t next = 0;
  uint32_t found = 0;
  for (const auto& burst : bursts) found += std::popcount(set.members(UINT32_MAX, burst));
  if (found != inside) return state.SkipWithError("the set does not know its members");
  for (auto _ : state) {
    benchmark::DoNotOptimize(set.members(UINT32_MAX, bursts[next++ % bursts.size()]));
  }
  state.SetItemsProcessed(state.iterations() * PrefixSet::together_max);
  state.counters["bytes"] = static_cast<double>(set.bytes());
}
BENCHMARK_CAPTURE(look_up, ipv4, true)->Arg(1000)->Arg(100'000)->Arg(1'000'000);
BENCHMARK_CAPTURE(look_up, ipv6, false)->Arg(1000)->Arg(100'000);

void build(benchmark::State& state, bool v4) {
  std::vector<IpPrefix> prefixes = prefixes_of(static_cast<uint32_t>(state.range(0)), v4);
  std::shuffle(prefixes.begin(), prefixes.end(), std::mt19937(7));
  for (auto _ : state) {
    const PrefixSet set(prefixes);
    benchmark::DoNotOptimize(&set);
  }
}
BENCHMARK_CAPTURE(build, ipv4, true)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(build, ipv6, false)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weft
