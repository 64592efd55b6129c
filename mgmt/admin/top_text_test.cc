#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mgmt/admin/status_json.h"
#include "mgmt/admin/status_text.h"
#include "mgmt/metrics/example_report.h"

namespace weft::mgmt {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string json_at(GatewayStatus status, const ExampleWorkers& workers, Duration later) {
  CounterBaselines baselines;
  ReportMoment moment = example_moment();
  moment.now += later;
  std::vector<DeviceStats> devices(status.interfaces.size());
  return status_json(
      make_report(std::move(status), workers.span(), std::move(devices), baselines, moment));
}

TEST(TopText, ShowsRatesPerSecond) {
  ExampleWorkers workers(1);
  WorkerCounters& worker = workers[0];
  worker.listeners[0].packets.set(1'000);
  worker.turn.busy_cycles.set(5'000);
  worker.dropped[static_cast<std::size_t>(Drop::land)].set(9);
  const std::string before = json_at(example_status(2), workers, seconds(0));
  worker.listeners[0].flows.add(20);
  worker.listeners[0].packets.add(4'000);
  worker.listeners[0].bytes.add(2'000'000);
  worker.endpoints[1].packets.add(3'000);
  worker.endpoints[1].flows_active.set(7);
  worker.interfaces[0].receive_bytes.add(1'000'000);
  worker.turn.busy_cycles.add(600'000);
  worker.turn.idle_cycles.add(200'000);
  worker.turn.packets.add(2'000);
  worker.dropped[static_cast<std::size_t>(Drop::no_listener)].add(8);
  const std::string after = json_at(example_status(2), workers, seconds(2));
  const Result<std::string> text = top_text(before, after);
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(*text, R"(gateway gw-1  serving, ready, up 1 h 0 min; rates over 2 s

LISTENER  ADDRESS          FLOWS/S  PACKETS/S   BIT/S  DROPS/S
web       203.0.113.10:80       10       2000  8.00 M        0

CLUSTER  ENDPOINT       STATE    ACTIVE  FLOWS/S  PACKETS/S  BIT/S
web      10.0.0.2:8080  healthy       7        0       1500      0
web      10.0.0.1:8080  healthy       0        0          0      0

INTERFACE  RECEIVED/S   BIT/S  SENT/S  BIT/S  TO TWIN/S  FROM TWIN/S
edge                0  4.00 M       0      0          0            0

WORKER    BUSY  CYCLES/PACKET  PACKETS/S  HANDED OFF/S
     0  75.0 %            300       1000             0

DROP         PACKETS/S
no_listener          4
)");
}

TEST(TopText, ShowsTheBusiestEndpointsOfMany) {
  ExampleWorkers workers(1);
  const std::string before = json_at(example_status(1000), workers, seconds(0));
  workers[0].endpoints[999].packets.add(5);
  const std::string after = json_at(example_status(1000), workers, seconds(1));
  const std::string text = *top_text(before, after);
  EXPECT_THAT(text, HasSubstr("10.0.3.232:8080"));
  EXPECT_THAT(text, Not(HasSubstr("10.0.2.1:8080")));
  EXPECT_THAT(text, HasSubstr("... and 980 more\n"));
}

TEST(TopText, WhatStartedAnewHasNoNegativeRate) {
  ExampleWorkers busy(1);
  busy[0].listeners[0].packets.set(1'000);
  const std::string before = json_at(example_status(1), busy, seconds(10));
  const std::string after = json_at(example_status(1), ExampleWorkers(1), seconds(0));
  EXPECT_THAT(*top_text(before, after), Not(HasSubstr(" -")));
}

}  // namespace
}  // namespace weft::mgmt
