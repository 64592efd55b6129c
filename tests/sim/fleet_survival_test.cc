// Which remedy keeps connections where they are when gateways and endpoints come and go: the
// simulation by which previous tables were chosen (ARCHITECTURE.md, decision 8).
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
  std::printf("  %-28s %8lu %8lu %9.2f\n", remedy.name.c_str(), sum.connections, sum.broken,
              1000.0 * static_cast<double>(sum.broken) / static_cast<double>(sum.connections));
  return sum;
}

const FleetRemedy nothing{.name = "nothing"};
const FleetRemedy tables{.name = "previous tables, 10 s", .previous_tables_ms = seconds(10)};
const FleetRemedy sync{.name = "ideal sync", .ideal_sync = true};

void print_heading(const char* churn) {
  std::printf("%s\n  %-28s %8s %8s %9s\n", churn, "", "began", "broken", "in 1000");
}

TEST(FleetSurvival, PreviousTablesBreakFewerConnectionsThanNothingAndMoreThanIdealSync) {
  print_heading("a set changes every 5 s, a gateway every 8 s, connections of 30 s");
  const FleetChurn churn;
  const FleetOutcome without = outcome_of(churn, nothing);
  outcome_of(churn, {.name = "previous tables, 2 s", .previous_tables_ms = seconds(2)});
  const FleetOutcome with = outcome_of(churn, tables);
  outcome_of(churn, {.name = "previous tables, 30 s", .previous_tables_ms = seconds(30)});
  const FleetOutcome ideal = outcome_of(churn, sync);
  EXPECT_GT(without.connections, 5000u);
  EXPECT_LT(with.broken, without.broken);
  EXPECT_LT(ideal.broken, with.broken);
}

// A deployment: the set changes together with the gateways, and then not for long.
TEST(FleetSurvival, LongConnectionsGainMost) {
  print_heading("a set changes every 20 s, a gateway every 8 s, connections of 120 s");
  const FleetChurn churn{.set = seconds(20), .lifetime = seconds(120)};
  const FleetOutcome without = outcome_of(churn, nothing);
  const FleetOutcome with = outcome_of(churn, tables);
  outcome_of(churn, {.name = "previous tables, 60 s", .previous_tables_ms = seconds(60)});
  const FleetOutcome ideal = outcome_of(churn, sync);
  EXPECT_LT(with.broken, without.broken);
  EXPECT_LE(ideal.broken, with.broken);
}

TEST(FleetSurvival, WithoutChurnNothingBreaks) {
  constexpr Duration never = std::chrono::hours(1000);
  const FleetChurn calm{.gateway = never, .set = never, .death = never};
  EXPECT_EQ(FleetWorld(1, calm, nothing).run(seconds(20)).broken, 0u);
  // Gateways alone: every other gateway has the same table.
  const FleetChurn restless{.gateway = seconds(2), .set = never, .death = never};
  const FleetOutcome outcome = FleetWorld(1, restless, nothing).run(seconds(20));
  EXPECT_GT(outcome.gateways, 5u);
  EXPECT_EQ(outcome.broken, 0u);
}

TEST(FleetSurvival, TheSameSeedIsTheSameWorld) {
  const FleetOutcome one = FleetWorld(7, {}, tables).run(seconds(20));
  const FleetOutcome again = FleetWorld(7, {}, tables).run(seconds(20));
  EXPECT_EQ(one.broken, again.broken);
  EXPECT_EQ(one.connections, again.connections);
  EXPECT_EQ(one.died, again.died);
}

}  // namespace
}  // namespace weft::sim
