#include "mgmt/metrics/report.h"

#include <gtest/gtest.h>

#include "mgmt/metrics/example_report.h"

namespace weft::mgmt {
namespace {

TEST(Report, CopiesWhatEachWorkerCounted) {
  ExampleWorkers workers(2);
  workers[1].turn.turns.set(1);
  workers[1].turn.busy_turns.set(2);
  workers[1].turn.busy_cycles.set(3);
  workers[1].turn.idle_cycles.set(4);
  workers[1].turn.packets.set(5);
  workers[1].turn.handed_off.set(6);
  workers[1].turn.handed_over.set(7);
  workers[1].turn.snapshot_generation.set(8);
  workers[1].turn.swept_generation.set(9);
  workers[1].dropped[static_cast<std::size_t>(Drop::land)].set(10);
  workers[1].interfaces[0].to_twin_packets.set(11);
  workers[1].nat4_flows.evicted.set(12);
  workers[1].tunnel4_flows.refused.set(13);
  const Report report = example_report(example_status(1), workers);
  ASSERT_EQ(report.workers.size(), 2u);
  EXPECT_EQ(report.workers[0].turns, 0u);
  const WorkerReport& worker = report.workers[1];
  EXPECT_EQ(worker.turns, 1u);
  EXPECT_EQ(worker.busy_turns, 2u);
  EXPECT_EQ(worker.busy_cycles, 3u);
  EXPECT_EQ(worker.idle_cycles, 4u);
  EXPECT_EQ(worker.packets, 5u);
  EXPECT_EQ(worker.handed_off, 6u);
  EXPECT_EQ(worker.handed_over, 7u);
  EXPECT_EQ(worker.snapshot_generation, 8u);
  EXPECT_EQ(worker.swept_generation, 9u);
  EXPECT_EQ(worker.dropped[static_cast<std::size_t>(Drop::land)], 10u);
  ASSERT_EQ(worker.interfaces.size(), 1u);
  EXPECT_EQ(worker.interfaces[0].to_twin_packets, 11u);
  EXPECT_EQ(worker.nat4_flows.evicted, 12u);
  EXPECT_EQ(worker.tunnel4_flows.refused, 13u);
}

TEST(Report, CountsStandBesideTheListenersAndEndpointsOfTheStatus) {
  ExampleWorkers workers(1);
  workers[0].listeners[0].flows.set(5);
  workers[0].endpoints[2].flows.set(6);
  const Report report = example_report(example_status(3), workers);
  ASSERT_EQ(report.listeners.size(), 1u);
  EXPECT_EQ(report.listeners[0].flows, 5u);
  ASSERT_EQ(report.endpoints.size(), 1u);
  ASSERT_EQ(report.endpoints[0].size(), 3u);
  EXPECT_EQ(report.endpoints[0][2].flows, 6u);
}

TEST(Report, WallTimesFollowFromTheMomentOfTheReport) {
  const Report report = example_report(example_status(0), ExampleWorkers(1));
  EXPECT_EQ(report.wall_at(example_now), report.wall);
  EXPECT_EQ(report.wall_at(example_now - seconds(90)), report.wall - seconds(90));
}

}  // namespace
}  // namespace weft::mgmt
