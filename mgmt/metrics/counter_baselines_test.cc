#include "mgmt/metrics/counter_baselines.h"

#include <gtest/gtest.h>

#include "mgmt/metrics/example_report.h"

namespace weft::mgmt {
namespace {

void count(EndpointCounters& counters, uint64_t n) {
  counters.packets.add(n);
  counters.bytes.add(100 * n);
  counters.flows.add(n / 10);
}

TEST(CounterBaselines, SumsOverWorkers) {
  ExampleWorkers workers(2);
  const GatewayStatus status = example_status(1);
  CounterBaselines baselines;
  baselines.note(status, workers.span());
  count(workers[0].endpoints[0], 10);
  count(workers[1].endpoints[0], 20);
  workers[0].endpoints[0].flows_active.set(2);
  workers[1].endpoints[0].flows_active.set(3);
  workers[1].listeners[0].drops.add(4);
  workers[0].quic[0].routed.add(5);
  workers[1].quic[0].routed.add(6);
  workers[0].quic[0].unknown.add(1);
  EXPECT_EQ(baselines.endpoint(endpoint_id(0), workers.span()),
            (EndpointCounts{.packets = 30, .bytes = 3000, .flows = 3, .flows_active = 5}));
  EXPECT_EQ(baselines.listener(listener_id(0), workers.span()),
            (ListenerCounts{.drops = 4, .quic_routed = 11, .quic_unknown = 1}));
}

TEST(CounterBaselines, ANewGenerationInASlotStartsAtZero) {
  ExampleWorkers workers(2);
  CounterBaselines baselines;
  GatewayStatus status = example_status(2);
  baselines.note(status, workers.span());
  count(workers[0].endpoints[1], 500);
  count(workers[1].endpoints[1], 500);
  workers[0].listeners[0].packets.add(7);
  workers[0].quic[0].routed.add(7);
  workers[0].quic[0].unknown.add(7);

  status.clusters[0].endpoints[1].id = endpoint_id(1, 2);
  status.listeners[0].id = listener_id(0, 2);
  baselines.note(status, workers.span());
  EXPECT_EQ(baselines.endpoint(endpoint_id(1, 2), workers.span()), EndpointCounts{});
  EXPECT_EQ(baselines.listener(listener_id(0, 2), workers.span()), ListenerCounts{});

  count(workers[1].endpoints[1], 20);
  EXPECT_EQ(baselines.endpoint(endpoint_id(1, 2), workers.span()),
            (EndpointCounts{.packets = 20, .bytes = 2000, .flows = 2}));
}

TEST(CounterBaselines, AnIdThatIsKeptKeepsItsCountsAlsoWhenItWasAwayForAWhile) {
  ExampleWorkers workers(1);
  CounterBaselines baselines;
  const GatewayStatus status = example_status(1);
  baselines.note(status, workers.span());
  count(workers[0].endpoints[0], 10);
  baselines.note(example_status(0), workers.span());  // drains, and is not shown
  baselines.note(status, workers.span());
  EXPECT_EQ(baselines.endpoint(endpoint_id(0), workers.span()).packets, 10u);
}

TEST(CounterBaselines, TheFirstGenerationOfASlotKeepsWhatItCountedBeforeItWasNoted) {
  ExampleWorkers workers(1);
  count(workers[0].endpoints[0], 10);
  CounterBaselines baselines;
  baselines.note(example_status(1), workers.span());
  EXPECT_EQ(baselines.endpoint(endpoint_id(0), workers.span()).packets, 10u);
}

}  // namespace
}  // namespace weft::mgmt
