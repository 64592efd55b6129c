#include "mgmt/metrics/metrics_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <sstream>

#include "mgmt/metrics/example_report.h"

namespace weft::mgmt {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The value of a metric, labels included in its name; NaN when it is not there.
double value_of(const std::string& text, const std::string& metric) {
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with(metric + " ")) return std::stod(line.substr(metric.size() + 1));
  }
  return std::numeric_limits<double>::quiet_NaN();
}

TEST(MetricsText, EveryLineHasTheFormatAndEveryFamilyHelpTypeAndUniqueSeries) {
  const std::string text = metrics_text(example_report(example_status(3), ExampleWorkers(2)));
  const std::regex sample(R"re(([a-z_]+)(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? -?[0-9.e+-]+)re");
  const std::regex comment(R"(# (HELP|TYPE) (weft_[a-z_]+) (.*))");
  std::set<std::string> helped;
  std::map<std::string, std::string> type;
  std::set<std::string> series;
  for (const std::string& line : lines_of(text)) {
    std::smatch match;
    if (std::regex_match(line, match, comment)) {
      if (match[1] == "HELP") {
        EXPECT_TRUE(helped.insert(match[2]).second) << line;
      } else {
        type[match[2]] = match[3];
      }
      continue;
    }
    ASSERT_TRUE(std::regex_match(line, match, sample)) << line;
    const std::string family = match[1];
    EXPECT_TRUE(helped.contains(family)) << line;
    EXPECT_EQ(type[family], family.ends_with("_total") ? "counter" : "gauge") << line;
    EXPECT_TRUE(series.insert(line.substr(0, line.rfind(' '))).second) << line;
  }
  EXPECT_EQ(text.back(), '\n');
}

TEST(MetricsText, SaysWhatTheGatewayIs) {
  GatewayStatus status = example_status(1);
  status.last_reload_error = "weft.toml:3:1: unknown key";
  const std::string text = metrics_text(example_report(status, ExampleWorkers(1)));
  EXPECT_EQ(value_of(text, R"(weft_build_info{version="0.1.0",gateway="gw-1"})"), 1);
  EXPECT_EQ(value_of(text, R"(weft_phase{phase="serving"})"), 1);
  EXPECT_EQ(value_of(text, R"(weft_phase{phase="draining"})"), 0);
  EXPECT_EQ(value_of(text, "weft_ready"), 1);
  EXPECT_NEAR(value_of(text, "weft_start_time_seconds"), 1'767'323'045 - 3600, 0.5);
  EXPECT_EQ(value_of(text, "weft_config_version"), 3);
  EXPECT_EQ(value_of(text, "weft_config_last_reload_successful"), 0);
  EXPECT_EQ(value_of(text, "weft_snapshot_generation"), 17);
  EXPECT_EQ(value_of(text, "weft_policy_generations_live"), 1);
  EXPECT_EQ(value_of(text, "weft_loop_lag_max_seconds"), 0.0015);
}

TEST(MetricsText, SaysWhatOperatorsOrdered) {
  GatewayStatus status = example_status(1);
  Order order = order_about("web/10.0.0.1:8080").value();
  order.kind = OrderKind::drain;
  order.by = "alice, uid 0";
  order.at = std::chrono::sys_seconds(seconds(1'767'323'045));
  status.orders.push_back({order, true});
  EXPECT_EQ(value_of(metrics_text(example_report(status, ExampleWorkers(1))),
                     R"(weft_endpoint_order_timestamp_seconds{cluster="web",)"
                     R"(endpoint="10.0.0.1:8080",order="drain",by="alice, uid 0"})"),
            1'767'323'045);
}

TEST(MetricsText, SaysWhatPeersTell) {
  GatewayStatus status = example_status(1);
  status.fleet = {.flows_told = 5, .flows_known = 3, .flows_known_max = 65536};
  status.fleet.peers.push_back({.address = *IpAddress::parse("10.0.0.253"),
                                .port = 7946,
                                .heard = true,
                                .lives = true,
                                .processes = 2,
                                .flows_heard = 9,
                                .refused = 1});
  const std::string text = metrics_text(example_report(status, ExampleWorkers(1)));
  for (const char* line : {"weft_peer_flows 3\n", "weft_peer_flows_told_total 5\n",
                           "weft_peer_heard{peer=\"10.0.0.253:7946\"} 1\n",
                           "weft_peer_starts_total{peer=\"10.0.0.253:7946\"} 2\n",
                           "weft_peer_flows_heard_total{peer=\"10.0.0.253:7946\"} 9\n",
                           "weft_peer_datagrams_refused_total{peer=\"10.0.0.253:7946\"} 1\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
}

TEST(MetricsText, HasEveryDropOfEveryWorker) {
  ExampleWorkers workers(2);
  workers[1].dropped[static_cast<std::size_t>(Drop::no_listener)].set(42);
  const std::string text = metrics_text(example_report(example_status(1), workers));
  for (std::size_t drop = 1; drop < drops; ++drop) {
    for (const char* worker : {"0", "1"}) {
      const std::string metric = "weft_drops_total{drop=\"" + std::string(drop_names[drop]) +
                                 "\",worker=\"" + worker + "\"}";
      EXPECT_THAT(text, HasSubstr(metric));
    }
  }
  EXPECT_EQ(value_of(text, R"(weft_drops_total{drop="no_listener",worker="1"})"), 42);
  EXPECT_THAT(text, Not(HasSubstr("drop=\"none\"")));
}

TEST(MetricsText, HasWorkersInterfacesAndFlowTables) {
  ExampleWorkers workers(2);
  workers[1].turn.busy_cycles.set(5'000'000'000'000);
  workers[1].interfaces[0].receive_bytes.set(7);
  workers[0].nat4_flows.entries.set(8);
  workers[0].nat4_flows.entries_max.set(1 << 20);
  const std::string text = metrics_text(example_report(example_status(1), workers));
  EXPECT_EQ(value_of(text, R"(weft_worker_busy_cycles_total{worker="1"})"), 5e12);
  EXPECT_EQ(value_of(text, R"(weft_interface_receive_bytes_total{interface="edge",worker="1"})"),
            7);
  EXPECT_EQ(value_of(text, R"(weft_flow_table_entries{table="nat4",worker="0"})"), 8);
  EXPECT_EQ(value_of(text, R"(weft_flow_table_entries_max{table="nat4",worker="0"})"), 1 << 20);
  EXPECT_EQ(value_of(text, R"(weft_flow_table_entries{table="tunnel4",worker="1"})"), 0);
}

TEST(MetricsText, HasWhatDevicesLose) {
  Report report = example_report(example_status(1), ExampleWorkers(2));
  report.devices[0] = {.receive_missed = 1,
                       .receive_errors = 2,
                       .receive_no_buffer = 3,
                       .transmit_errors = 4,
                       .buffers = 8192,
                       .buffers_free = 5};
  const std::string text = metrics_text(report);
  EXPECT_EQ(value_of(text, R"(weft_interface_receive_missed_total{interface="edge"})"), 1);
  EXPECT_EQ(value_of(text, R"(weft_interface_receive_errors_total{interface="edge"})"), 2);
  EXPECT_EQ(value_of(text, R"(weft_interface_receive_no_buffer_total{interface="edge"})"), 3);
  EXPECT_EQ(value_of(text, R"(weft_interface_transmit_errors_total{interface="edge"})"), 4);
  EXPECT_EQ(value_of(text, R"(weft_interface_buffers{interface="edge"})"), 8192);
  EXPECT_EQ(value_of(text, R"(weft_interface_buffers_free{interface="edge"})"), 5);
}

TEST(MetricsText, HasListenersClustersAndEndpoints) {
  ExampleWorkers workers(2);
  workers[0].listeners[0].flows.set(3);
  workers[0].quic[0].routed.set(4);
  workers[0].quic[0].unknown.set(5);
  workers[0].endpoints[1].packets.set(10);
  workers[1].endpoints[1].packets.set(20);
  workers[1].endpoints[1].flows_active.set(2);
  GatewayStatus status = example_status(2);
  status.clusters[0].endpoints[0].state = EndpointState::down;
  status.clusters[0].resolve_error = "host name \"x\" does not exist";
  status.clusters[0].endpoints[1].address = *IpAddress::parse("fd00::1");
  const std::string text = metrics_text(example_report(status, workers));
  EXPECT_EQ(value_of(text, R"(weft_listener_flows_total{listener="web"})"), 3);
  EXPECT_EQ(value_of(text, R"(weft_listener_quic_routed_total{listener="web"})"), 4);
  EXPECT_EQ(value_of(text, R"(weft_listener_quic_unknown_total{listener="web"})"), 5);
  EXPECT_EQ(value_of(text, R"(weft_listener_ready{listener="web"})"), 1);
  EXPECT_EQ(value_of(text, R"(weft_cluster_endpoints{cluster="web",state="healthy"})"), 1);
  EXPECT_EQ(value_of(text, R"(weft_cluster_endpoints{cluster="web",state="down"})"), 1);
  EXPECT_EQ(value_of(text, R"(weft_cluster_resolve_failed{cluster="web"})"), 1);
  EXPECT_EQ(value_of(text, R"(weft_endpoint_state{cluster="web",endpoint="10.0.0.1:8080"})"), 0);
  const std::string second = R"({cluster="web",endpoint="[fd00::1]:8080"})";
  EXPECT_EQ(value_of(text, "weft_endpoint_state" + second), 2);
  EXPECT_EQ(value_of(text, "weft_endpoint_packets_total" + second), 30);
  EXPECT_EQ(value_of(text, "weft_endpoint_flows_active" + second), 2);
  EXPECT_NEAR(value_of(text, "weft_endpoint_state_timestamp_seconds" + second), 1'767'323'045 - 90,
              0.5);
}

TEST(MetricsText, NamesAreEscapedInLabels) {
  GatewayStatus status = example_status(1);
  status.listeners[0].name = "a\"b\\c\nd";
  const std::string text = metrics_text(example_report(status, ExampleWorkers(1)));
  EXPECT_THAT(text, HasSubstr(R"(weft_listener_ready{listener="a\"b\\c\nd"} 1)"));
}

TEST(MetricsText, WithoutAnythingConfiguredThereIsNoEmptyFamily) {
  GatewayStatus status;
  status.phase = Phase::starting;
  const std::string text = metrics_text(example_report(status, ExampleWorkers(1)));
  EXPECT_THAT(text, Not(HasSubstr("weft_endpoint")));
  EXPECT_EQ(value_of(text, "weft_ready"), 0);
}

}  // namespace
}  // namespace weft::mgmt
