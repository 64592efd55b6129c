#include "tests/sim/simulation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>

namespace weft::sim {
namespace {

constexpr uint64_t seeds_by_default = 20;

// WEFT_SIM_SEED names the one to replay, WEFT_SIM_SEEDS how many to run.
std::vector<uint64_t> seeds() {
  if (const char* one = std::getenv("WEFT_SIM_SEED")) return {std::strtoull(one, nullptr, 10)};
  const char* count = std::getenv("WEFT_SIM_SEEDS");
  std::vector<uint64_t> all(count != nullptr ? std::strtoull(count, nullptr, 10)
                                             : seeds_by_default);
  std::iota(all.begin(), all.end(), 1);
  return all;
}

class SimulationTest : public testing::TestWithParam<uint64_t> {};

TEST_P(SimulationTest, KeepsInvariants) {
  SCOPED_TRACE(fmt::format("to replay: WEFT_SIM_SEED={}", GetParam()));
  const Outcome outcome = Simulation(GetParam()).run();
  fmt::print(
      "seed {}: {} received, {} clients finished, {} failed with excuse, {} troubles, {} flows "
      "moved, {} lost, {} duplicated, {} reordered, {} corrupted, {} not believed, {} refused by "
      "full tables, {} evicted, {} by full rings, trace {:016x}\n",
      GetParam(), outcome.received, outcome.finished, outcome.failed, outcome.troubles,
      outcome.moves, outcome.faults.lost, outcome.faults.duplicated, outcome.faults.reordered,
      outcome.faults.corrupted, outcome.damaged, outcome.pressure.refused, outcome.pressure.evicted,
      outcome.handoff_full, outcome.trace_hash);
  ASSERT_TRUE(outcome.breaches.empty())
      << fmt::format("{}\nbefore that:\n{}", fmt::join(outcome.breaches, "\n"), outcome.tail);
  EXPECT_GT(outcome.finished, outcome.failed);
  EXPECT_GE(outcome.received, 10'000u);
  EXPECT_GE(outcome.troubles, 20u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SimulationTest, testing::ValuesIn(seeds()));

TEST(SimulationSeeds, ReplayIdentically) {
  const uint64_t seed = seeds().front();
  const Outcome first = Simulation(seed).run();
  const Outcome again = Simulation(seed).run();
  EXPECT_EQ(again.trace_hash, first.trace_hash);
  EXPECT_EQ(again.events, first.events);
}

TEST(SimulationSeeds, DifferFromEachOther) {
  EXPECT_NE(Simulation(1).run().trace_hash, Simulation(2).run().trace_hash);
}

}  // namespace
}  // namespace weft::sim
