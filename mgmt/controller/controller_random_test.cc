// Random surroundings from seeds: what must hold always, and that a seed replays identically.
#include <gtest/gtest.h>

#include "mgmt/controller/random_world.h"

namespace weft::mgmt {
namespace {

constexpr uint64_t seeds = 30;
constexpr int steps = 200;

TEST(ControllerInRandomWorlds, HoldsItsInvariants) {
  std::map<std::string, uint64_t> seen;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    RandomWorld world(seed);
    for (int step = 0; step < steps && world.breaches().empty(); ++step) world.step();
    ASSERT_TRUE(world.breaches().empty()) << "seed " << seed << ": " << world.breaches().front();
    for (const auto& [what, count] : world.seen()) seen[what] += count;
  }
  // The worlds did what they are for.
  for (const char* what : {"reload", "bad reload", "order", "previous table", "draining",
                           "weight 0", "known from another cluster", "endpoint_state healthy",
                           "endpoint_state down", "endpoint_state draining", "cluster_problem ",
                           "listener_ready ", "listener_removed ", "phase serving"}) {
    EXPECT_GT(seen[what], seeds / 10) << what;
  }
}

TEST(ControllerInRandomWorlds, ReplaysASeedIdentically) {
  for (uint64_t seed : {3, 17}) {
    RandomWorld one(seed);
    RandomWorld again(seed);
    for (int step = 0; step < steps; ++step) {
      one.step();
      again.step();
    }
    EXPECT_GT(one.transcript().size(), 1000u);
    EXPECT_EQ(one.transcript(), again.transcript());
  }
}

}  // namespace
}  // namespace weft::mgmt
