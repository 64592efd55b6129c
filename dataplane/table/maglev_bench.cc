// Maglev: how long a table takes to build, and what a pick costs.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "dataplane/table/maglev.h"
#include "dataplane/table/maglev_build.h"

namespace weft {
namespace {

std::vector<MaglevEndpoint> endpoints(uint32_t count, bool weighted) {
  std::vector<MaglevEndpoint> result(count);
  for (uint32_t i = 0; i < count; ++i) {
    result[i] = {IpAddress::v4(be32(0x0a000000 + i)), 8080, weighted ? 1 + i % 10 : 1};
  }
  return result;
}

void build(benchmark::State& state) {
  const auto set = endpoints(static_cast<uint32_t>(state.range(0)), state.range(2) != 0);
  const auto slots = static_cast<uint32_t>(state.range(1));
  uint64_t seed = 0;
  for (auto _ : state) {
    const Maglev table(set, slots, ++seed);
    benchmark::DoNotOptimize(table.slots().data());
  }
}
BENCHMARK(build)
    ->ArgNames({"endpoints", "slots", "weighted"})
    ->Args({10, 1021, 0})
    ->Args({100, 16381, 0})
    ->Args({100, 65537, 0})
    ->Args({1000, 65537, 0})
    ->Args({1000, 65537, 1})
    ->Args({10'000, 655373, 0})
    ->Args({10'000, 655373, 1})
    ->Unit(benchmark::kMicrosecond);

void pick(benchmark::State& state) {
  const auto count = static_cast<uint32_t>(state.range(0));
  const Maglev table(endpoints(count, false), maglev_slots(count), 1);
  uint32_t hash = 1;
  for (auto _ : state) {
    benchmark::DoNotOptimize(table.pick(hash));
    hash = hash * 0x9e3779b1u + 1;
  }
}
BENCHMARK(pick)->ArgName("endpoints")->Arg(10)->Arg(1000)->Arg(10'000);

}  // namespace
}  // namespace weft
