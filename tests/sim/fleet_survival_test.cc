// Which remedy keeps connections where they are when gateways and endpoints come and go: the
// simulation by which sync of the flows at risk and its times were chosen (ARCHITECTURE.md,
// decision 8; mgmt/fleet). The gateways run the code that is shipped, protocol included, over a
// network that loses, delays and repeats datagrams.
#include <gtest/gtest.h>

#include <cstdio>
#include <vector>

#include "tests/sim/fleet_world.h"

namespace weft::sim {
namespace {

constexpr uint64_t seeds = 3;
constexpr Duration duration = seconds(90);

FleetOutcome outcome_of(const FleetChurn& churn, const FleetRemedy& remedy) {
  FleetOutcome sum;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    sum += FleetWorld(seed, churn, remedy).run(duration);
  }
  std::printf("  %-28s %8lu %8lu %9.2f %10lu %10lu\n", remedy.name.c_str(), sum.connections,
              sum.broken,
              1000.0 * static_cast<double>(sum.broken) / static_cast<double>(sum.connections),
              sum.datagrams, sum.told_bytes);
  return sum;
}

const FleetRemedy nothing{.name = "nothing"};
const FleetRemedy tables{.name = "previous tables, 10 s", .previous_tables_ms = seconds(10)};
const FleetRemedy sync{.name = "sync", .sync = true};
const FleetRemedy lossy_sync{.name = "sync, 20 % lost", .sync = true, .loss_permille = 200};
const FleetRemedy both{
    .name = "sync and tables, 10 s", .previous_tables_ms = seconds(10), .sync = true};
const FleetRemedy ideal_sync{.name = "ideal sync", .ideal_sync = true};

void print_heading(const char* churn) {
  std::printf("%s\n  %-28s %8s %8s %9s %10s %10s\n", churn, "", "began", "broken", "in 1000",
              "datagrams", "bytes");
}

TEST(FleetSurvival, SyncBreaksATenthOfWhatNothingDoesAndPreviousTablesSpoilIt) {
  print_heading("a set changes every 5 s, a gateway every 8 s, connections of 30 s");
  const FleetChurn churn;
  const FleetOutcome without = outcome_of(churn, nothing);
  const FleetOutcome guessed = outcome_of(churn, tables);
  const FleetOutcome told = outcome_of(churn, sync);
  const FleetOutcome told_lossy = outcome_of(churn, lossy_sync);
  const FleetOutcome told_and_guessed = outcome_of(churn, both);
  outcome_of(churn, ideal_sync);
  EXPECT_GT(without.connections, 5000u);
  EXPECT_LT(guessed.broken, without.broken);
  EXPECT_LT(told.broken * 10, without.broken);
  EXPECT_LT(told_lossy.broken * 5, without.broken);
  EXPECT_GT(told_and_guessed.broken, told.broken);
}

// A deployment: the set changes together with the gateways, and then not for long.
TEST(FleetSurvival, LongConnectionsGainToo) {
  print_heading("a set changes every 20 s, a gateway every 8 s, connections of 120 s");
  const FleetChurn churn{.set = seconds(20), .lifetime = seconds(120)};
  const FleetOutcome without = outcome_of(churn, nothing);
  outcome_of(churn, tables);
  const FleetOutcome told = outcome_of(churn, sync);
  outcome_of(churn, ideal_sync);
  EXPECT_LT(told.broken * 5, without.broken);
}

TEST(FleetSurvival, WithoutChurnNothingBreaks) {
  constexpr Duration never = std::chrono::hours(1000);
  const FleetChurn calm{.gateway = never, .set = never, .death = never};
  EXPECT_EQ(FleetWorld(1, calm, sync).run(seconds(20)).broken, 0u);
  // Gateways alone: every other gateway has the same table.
  const FleetChurn restless{.gateway = seconds(2), .set = never, .death = never};
  for (const FleetRemedy& remedy : {nothing, sync}) {
    const FleetOutcome outcome = FleetWorld(1, restless, remedy).run(seconds(20));
    EXPECT_GT(outcome.gateways, 5u);
    EXPECT_EQ(outcome.broken, 0u);
  }
}

TEST(FleetSurvival, TheSameSeedIsTheSameWorld) {
  const FleetOutcome one = FleetWorld(7, {}, sync).run(seconds(20));
  const FleetOutcome again = FleetWorld(7, {}, sync).run(seconds(20));
  EXPECT_EQ(one.broken, again.broken);
  EXPECT_EQ(one.connections, again.connections);
  EXPECT_EQ(one.died, again.died);
  EXPECT_EQ(one.told_bytes, again.told_bytes);
}

}  // namespace
}  // namespace weft::sim
