// The judge works: each of these bugs (dataplane/base/planted_bug.h), when it is there, makes it
// complain of some of the first random inputs. Bugs that show only over many packets, or to two
// gateways, are the simulation's to find (tests/sim/planted_bugs_test.cc).
#include "dataplane/base/planted_bug.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <string>

#include "tests/fuzz/random_input.h"
#include "tests/fuzz/target.h"

namespace weft::fuzz {
namespace {

constexpr int inputs_max = 400;

// Ends the process: by the judge's complaint, or quietly.
[[noreturn]] void run_with(PlantedBug bug) {
  planted_bug = bug;
  std::mt19937_64 random(1);
  for (int i = 0; i < inputs_max; ++i) run_target(random_input(random));
  std::_Exit(EXIT_SUCCESS);
}

std::string name_of(const testing::TestParamInfo<PlantedBug>& bug) {
  return std::string(planted_bug_names[static_cast<std::size_t>(bug.param)]);
}

class FuzzedBugs : public testing::TestWithParam<PlantedBug> {};

TEST_P(FuzzedBugs, AreFound) {
  EXPECT_EXIT(run_with(GetParam()), testing::KilledBySignal(SIGABRT), "wrong: ");
}

INSTANTIATE_TEST_SUITE_P(
    Each, FuzzedBugs,
    testing::Values(PlantedBug::skipped_checksum, PlantedBug::unchecked_udp,
                    PlantedBug::reply_with_wrong_port, PlantedBug::down_ignored,
                    PlantedBug::kept_on_dead_endpoint, PlantedBug::count_of_flows_kept,
                    PlantedBug::lost_fragment, PlantedBug::unchecked_gue, PlantedBug::ttl_kept,
                    PlantedBug::acknowledgment_not_shifted, PlantedBug::blocks_not_shifted,
                    PlantedBug::timestamp_not_shifted),
    name_of);

TEST(FuzzedBug, NoneIsThereWithoutBeingPlanted) {
  EXPECT_EXIT(run_with(PlantedBug::none), testing::ExitedWithCode(EXIT_SUCCESS), "");
}

}  // namespace
}  // namespace weft::fuzz
