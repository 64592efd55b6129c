#include "mgmt/admin/status_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "mgmt/metrics/example_report.h"

namespace weft::mgmt {
namespace {

namespace json = boost::json;

json::value rendered(const GatewayStatus& status, const ExampleWorkers& workers) {
  return json::parse(status_json(example_report(status, workers)));
}

TEST(StatusJson, SaysWhatTheGatewayIsAndSinceWhen) {
  GatewayStatus status = example_status(1);
  status.last_reload_error = "weft.toml:3:1: unknown key \"listner\"";
  const json::value json = rendered(status, ExampleWorkers(1));
  EXPECT_EQ(json.at("gateway"), "gw-1");
  EXPECT_EQ(json.at("version"), "0.1.0");
  EXPECT_EQ(json.at("phase"), "serving");
  EXPECT_EQ(json.at("ready"), true);
  EXPECT_EQ(json.at("time"), "2026-01-02T03:04:05Z");
  EXPECT_EQ(json.at("started"), "2026-01-02T02:04:05Z");
  EXPECT_EQ(json.at("uptime_ms"), 3'600'000);
  EXPECT_EQ(json.at("snapshot_generation"), 17);
  EXPECT_EQ(json.at("policy_generations_live"), 1);
  EXPECT_EQ(json.at("loop_lag_max_us"), 1500);
  EXPECT_EQ(json.at("config").at("version"), 3);
  EXPECT_EQ(json.at("config").at("since"), "2026-01-02T03:03:05Z");
  EXPECT_EQ(json.at("config").at("last_reload_error").as_string(), status.last_reload_error);
}

TEST(StatusJson, ListsListenersWithTheirCounts) {
  ExampleWorkers workers(2);
  workers[0].listeners[0].packets.set(1);
  workers[1].listeners[0].packets.set(2);
  workers[1].listeners[0].bytes.set(3);
  workers[1].listeners[0].flows.set(4);
  workers[1].listeners[0].drops.set(5);
  GatewayStatus status = example_status(1);
  status.listeners[0].ready = false;
  status.listeners[0].why = "waits for the first probes";
  const json::value json = rendered(status, workers);
  EXPECT_EQ(json.at("ready"), false);
  EXPECT_EQ(json.at("listeners"), (json::array{json::object{{"name", "web"},
                                                            {"address", "203.0.113.10:80"},
                                                            {"protocol", "tcp"},
                                                            {"forward", "nat"},
                                                            {"cluster", "web"},
                                                            {"ready", false},
                                                            {"why", "waits for the first probes"},
                                                            {"flows", 4},
                                                            {"packets", 3},
                                                            {"bytes", 3},
                                                            {"drops", 5}}}));
}

TEST(StatusJson, ListsEndpointsWithStateSinceWhenAndWhy) {
  ExampleWorkers workers(2);
  workers[0].endpoints[1].packets.set(10);
  workers[1].endpoints[1].packets.set(20);
  workers[1].endpoints[1].flows_active.set(2);
  GatewayStatus status = example_status(2);
  EndpointStatus& second = status.clusters[0].endpoints[1];
  second.state = EndpointState::down;
  second.why = "3 probes in a row failed: connection refused";
  second.last_probe = "connection refused";
  second.host = "b.example";
  second.new_flows_share = 0.25;
  const json::value cluster = rendered(status, workers).at("clusters").at(0);
  EXPECT_EQ(cluster.at("name"), "web");
  EXPECT_EQ(cluster.at("maglev_slots"), 1021);
  EXPECT_EQ(cluster.at("resolve_error"), "");
  EXPECT_EQ(cluster.at("probed_through"), "");
  EXPECT_EQ(cluster.at("endpoints").at(0).at("state"), "healthy");
  EXPECT_EQ(cluster.at("endpoints").at(1),
            (json::object{{"address", "10.0.0.2:8080"},
                          {"host", "b.example"},
                          {"weight", 1},
                          {"state", "down"},
                          {"since", "2026-01-02T03:02:35Z"},
                          {"for_ms", 90'000},
                          {"new_flows_share", 0.25},
                          {"why", "3 probes in a row failed: connection refused"},
                          {"last_probe", "connection refused"},
                          {"flows_active", 2},
                          {"flows", 0},
                          {"packets", 30},
                          {"bytes", 0}}));
}

TEST(StatusJson, ListsOrdersWithWhoAndWhen) {
  GatewayStatus status = example_status(1);
  Order order = order_about("web/10.0.0.1:8080").value();
  order.kind = OrderKind::disable;
  order.by = "alice, uid 0";
  order.at = std::chrono::sys_seconds(seconds(1'767'323'045));
  status.orders.push_back({order, true});
  EXPECT_EQ(rendered(status, ExampleWorkers(1)).at("orders"),
            (json::array{json::object{{"endpoint", "web/10.0.0.1:8080"},
                                      {"order", "disable"},
                                      {"by", "alice, uid 0"},
                                      {"at", "2026-01-02T03:04:05Z"},
                                      {"present", true}}}));
}

TEST(StatusJson, ListsWorkersWithBusyShareAndCyclesPerPacket) {
  ExampleWorkers workers(2);
  workers[1].turn.busy_cycles.set(300);
  workers[1].turn.idle_cycles.set(100);
  workers[1].turn.packets.set(4);
  workers[1].turn.snapshot_generation.set(17);
  workers[1].nat4_flows.entries.set(5);
  workers[1].dropped[static_cast<std::size_t>(Drop::land)].set(6);
  const json::value json = rendered(example_status(1), workers);
  EXPECT_EQ(json.at("workers").at(0).at("worker"), 0);
  EXPECT_EQ(json.at("workers").at(0).at("busy_share"), 0.0);
  EXPECT_EQ(json.at("workers").at(0).at("cycles_per_packet"), 0.0);
  const json::value& second = json.at("workers").at(1);
  EXPECT_EQ(second.at("worker"), 1);
  EXPECT_EQ(second.at("busy_share"), 0.75);
  EXPECT_EQ(second.at("cycles_per_packet"), 75.0);
  EXPECT_EQ(second.at("packets"), 4);
  EXPECT_EQ(second.at("snapshot_generation"), 17);
  EXPECT_EQ(second.at("nat4_flows").at("entries"), 5);
  EXPECT_EQ(second.at("drops"), (json::object{{"land", 6}}));
}

TEST(StatusJson, AddsUpDropsAndInterfacesOverWorkers) {
  ExampleWorkers workers(2);
  workers[0].dropped[static_cast<std::size_t>(Drop::land)].set(1);
  workers[1].dropped[static_cast<std::size_t>(Drop::land)].set(2);
  workers[1].dropped[static_cast<std::size_t>(Drop::no_route)].set(3);
  workers[1].dropped[static_cast<std::size_t>(Drop::none)].set(4);
  workers[0].interfaces[0].receive_packets.set(5);
  workers[1].interfaces[0].receive_packets.set(6);
  const json::value json = rendered(example_status(1), workers);
  EXPECT_EQ(json.at("drops"), (json::object{{"land", 3}, {"no_route", 3}}));
  EXPECT_EQ(json.at("interfaces").at(0).at("name"), "edge");
  EXPECT_EQ(json.at("interfaces").at(0).at("receive_packets"), 11);
}

TEST(StatusJson, SaysWhatDevicesLoseAndHowTheyChooseAWorker) {
  Report report = example_report(example_status(1), ExampleWorkers(2));
  report.devices[0] = {.receive_missed = 1,
                       .receive_errors = 2,
                       .receive_no_buffer = 3,
                       .transmit_errors = 4,
                       .buffers = 8192,
                       .buffers_free = 5,
                       .rss = "none: one queue"};
  const json::value edge = json::parse(status_json(report)).at("interfaces").at(0);
  EXPECT_EQ(edge.at("receive_missed"), 1);
  EXPECT_EQ(edge.at("receive_errors"), 2);
  EXPECT_EQ(edge.at("receive_no_buffer"), 3);
  EXPECT_EQ(edge.at("transmit_errors"), 4);
  EXPECT_EQ(edge.at("buffers"), 8192);
  EXPECT_EQ(edge.at("buffers_free"), 5);
  EXPECT_EQ(edge.at("rss"), "none: one queue");
}

TEST(StatusJson, CountsAreExactAndNamesAreEscaped) {
  ExampleWorkers workers(1);
  workers[0].listeners[0].bytes.set(UINT64_MAX);
  GatewayStatus status = example_status(1);
  status.listeners[0].name = "a\"b\\c\nd";
  const std::string text = status_json(example_report(status, workers));
  EXPECT_THAT(text, testing::HasSubstr("18446744073709551615"));
  EXPECT_EQ(json::parse(text).at("listeners").at(0).at("name"), "a\"b\\c\nd");
}

}  // namespace
}  // namespace weft::mgmt
