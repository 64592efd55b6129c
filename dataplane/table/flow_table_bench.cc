// Look-ups of known flows in random order, by the number of flows: a burst is placed and prefetched
// first, as track_flow does. Half of the table is in use.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include "tests/nobody_is_gone.h"

namespace weft {
namespace {

constexpr uint32_t burst = 32;

template <class Table>
void look_up(benchmark::State& state) {
  const auto flows = static_cast<uint32_t>(state.range(0));
  Table table(std::bit_ceil(flows) * 2, KeyedHash({1, 2, 3, 4}));
  std::vector<typename Table::Key> keys;
  for (uint32_t n = 0; n < flows; ++n) {
    keys.push_back(test::key_of(n, &table));
    const FlowMeta meta(EndpointSlot{n % 1000}, FlowState::established, 0);
    table.insert(table.place(keys.back()), keys.back(), meta, test::NobodyIsGone{});
  }
  std::shuffle(keys.begin(), keys.end(), std::mt19937_64(7));
  std::array<FlowPlace, burst> places;
  std::size_t next = 0;
  uint64_t found = 0;
  for (auto _ : state) {
    if (next + burst > keys.size()) next = 0;
    for (uint32_t i = 0; i < burst; ++i) {
      places[i] = table.place(keys[next + i]);
      table.prefetch(places[i]);
    }
    for (uint32_t i = 0; i < burst; ++i) found += bool(table.find(places[i], keys[next + i]));
    next += burst;
  }
  if (found != static_cast<uint64_t>(state.iterations()) * burst)
    state.SkipWithError("a flow was not found");
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * burst);
}

BENCHMARK(look_up<TunnelFlows4>)->Arg(1 << 10)->Arg(1 << 15)->Arg(1 << 20);
BENCHMARK(look_up<NatFlows4>)->Arg(1 << 10)->Arg(1 << 15)->Arg(1 << 20);

}  // namespace
}  // namespace weft
