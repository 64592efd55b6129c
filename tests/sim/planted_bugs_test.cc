// Each bug of dataplane/base/planted_bug.h is found by some of the first seeds, and a finding
// repeats. WEFT_SIM_BUG names the only one to look for.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "dataplane/base/planted_bug.h"
#include "tests/sim/simulation.h"

namespace weft::sim {
namespace {

constexpr uint64_t seeds_max = 500;

std::vector<PlantedBug> bugs() {
  const char* only = std::getenv("WEFT_SIM_BUG");
  std::vector<PlantedBug> chosen;
  for (std::size_t i = 1; i < planted_bug_names.size(); ++i) {
    if (only == nullptr || planted_bug_names[i] == only) {
      chosen.push_back(static_cast<PlantedBug>(i));
    }
  }
  return chosen;
}

std::string name_of(const testing::TestParamInfo<PlantedBug>& bug) {
  return std::string(planted_bug_names[static_cast<std::size_t>(bug.param)]);
}

Outcome run_with(PlantedBug bug, uint64_t seed) {
  planted_bug = bug;
  Outcome outcome = Simulation(seed).run();
  planted_bug = PlantedBug::none;
  return outcome;
}

class PlantedBugs : public testing::TestWithParam<PlantedBug> {};

TEST_P(PlantedBugs, AreFound) {
  for (uint64_t seed = 1; seed <= seeds_max; ++seed) {
    const Outcome outcome = run_with(GetParam(), seed);
    if (outcome.breaches.empty()) continue;
    fmt::print("found by seed {}, trace {:016x}: {}\n", seed, outcome.trace_hash,
               outcome.breaches.front());
    const Outcome again = run_with(GetParam(), seed);
    EXPECT_EQ(again.breaches, outcome.breaches);
    EXPECT_EQ(again.trace_hash, outcome.trace_hash);
    return;
  }
  FAIL() << "not found by " << seeds_max << " seeds";
}

INSTANTIATE_TEST_SUITE_P(Each, PlantedBugs, testing::ValuesIn(bugs()), name_of);

TEST(PlantedBug, NoneIsThereWithoutBeingPlanted) {
  const Outcome outcome = Simulation(1).run();
  EXPECT_TRUE(outcome.breaches.empty()) << outcome.breaches.front() << "\n" << outcome.tail;
}

}  // namespace
}  // namespace weft::sim
