#include "tests/sim/simulation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>

namespace weft::sim {
namespace {

constexpr uint64_t seeds_by_default = 20;

uint64_t number_in(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

// WEFT_SIM_SEED names the one to replay, WEFT_SIM_SEEDS how many to run, WEFT_SIM_FIRST_SEED from
// which on.
std::vector<uint64_t> seeds() {
  if (std::getenv("WEFT_SIM_SEED") != nullptr) return {number_in("WEFT_SIM_SEED", 1)};
  std::vector<uint64_t> all(number_in("WEFT_SIM_SEEDS", seeds_by_default));
  std::iota(all.begin(), all.end(), number_in("WEFT_SIM_FIRST_SEED", 1));
  return all;
}

// WEFT_SIM_TAIL says how many of the last events a failure shows.
std::size_t tail_events() {
  return number_in("WEFT_SIM_TAIL", 60);
}

class SimulationTest : public testing::TestWithParam<uint64_t> {};

TEST_P(SimulationTest, KeepsInvariants) {
  SCOPED_TRACE(fmt::format("to replay: WEFT_SIM_SEED={}", GetParam()));
  const Outcome outcome = Simulation(GetParam(), tail_events()).run();
  fmt::print(
      "seed {}: {} received, {} clients finished, {} failed with excuse, {} troubles, {} flows "
      "moved, {} of floods, {} cookies, {} of them returned, {} finished behind a header, {} lost, "
      "{} duplicated, {} reordered, {} corrupted, {} not believed, {} refused by "
      "full tables, {} evicted, {} by full rings, trace {:016x}\n",
      GetParam(), outcome.received, outcome.finished, outcome.failed, outcome.troubles,
      outcome.moves, outcome.flood, outcome.cookies, outcome.by_cookie, outcome.headers,
      outcome.faults.lost, outcome.faults.duplicated, outcome.faults.reordered,
      outcome.faults.corrupted, outcome.damaged, outcome.pressure.refused, outcome.pressure.evicted,
      outcome.handoff_full, outcome.trace_hash);
  ASSERT_TRUE(outcome.breaches.empty())
      << fmt::format("{}\nbefore that:\n{}", fmt::join(outcome.breaches, "\n"), outcome.tail);
  // Most clients are served, unless tables of a few flows had no place for them.
  EXPECT_GT(outcome.finished + outcome.pressure.refused, outcome.failed);
  EXPECT_GT(outcome.finished, 0u);
  EXPECT_GE(outcome.received, 10'000u + outcome.flood);
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
