#include "mgmt/admin/status_text.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>

#include "mgmt/admin/status_reader.h"
#include "mgmt/admin/text_table.h"

namespace weft::mgmt {
namespace {

namespace json = boost::json;

std::string count_in(const json::object& object, std::string_view key) {
  return short_number(number_in(object, key));
}

std::string percent(double share) {
  return fmt::format("{:.1f} %", 100 * share);
}

std::string gateway_text(const json::object& status) {
  const json::object& config = object_in(status, "config");
  std::string text = fmt::format(
      "gateway {}  {}, {}, up {}, weft {}\n"
      "config version {} for {}, snapshot generation {}, policy generations {}\n"
      "probes {} of {}, loop lag {:.1f} ms\n",
      text_in(status, "gateway"), text_in(status, "phase"),
      flag_in(status, "ready") ? "ready" : "not ready",
      short_duration(number_in(status, "uptime_ms")), text_in(status, "version"),
      number_in(config, "version"), short_duration(number_in(config, "for_ms")),
      number_in(status, "snapshot_generation"), number_in(status, "policy_generations_live"),
      number_in(status, "probes_in_flight"), number_in(status, "probes_max"),
      number_in(status, "loop_lag_max_us") / 1000);
  const std::string error = text_in(config, "last_reload_error");
  if (!error.empty()) text += "last reload refused: " + error + "\n";
  return text;
}

std::string listeners_text(const json::object& status) {
  TextTable table({"LISTENER", "ADDRESS", "PROTOCOL", "FORWARD", "CLUSTER", ">FLOWS", ">PACKETS",
                   ">BYTES", ">DROPS", "READY"});
  for_each_in(status, "listeners", [&](const json::object& listener) {
    table.add(
        {text_in(listener, "name"), text_in(listener, "address"), text_in(listener, "protocol"),
         text_in(listener, "forward"), text_in(listener, "cluster"), count_in(listener, "flows"),
         count_in(listener, "packets"), count_in(listener, "bytes"), count_in(listener, "drops"),
         flag_in(listener, "ready") ? "yes" : "no: " + text_in(listener, "why")});
  });
  return table.empty() ? "" : "\n" + table.text();
}

std::string cluster_text(const json::object& cluster) {
  TextTable table(
      {"  ENDPOINT", ">WEIGHT", "STATE", ">FOR", ">ACTIVE", ">FLOWS", ">PACKETS", ">BYTES", "WHY"});
  int endpoints = 0;
  int healthy = 0;
  for_each_in(cluster, "endpoints", [&](const json::object& endpoint) {
    ++endpoints;
    healthy += text_in(endpoint, "state") == "healthy";
    const std::string host = text_in(endpoint, "host");
    const double share = number_in(endpoint, "new_flows_share");
    const bool slow = text_in(endpoint, "state") == "healthy" && share > 0 && share < 1;
    table.add({"  " + text_in(endpoint, "address") + (host.empty() ? "" : " (" + host + ")"),
               count_in(endpoint, "weight"),
               text_in(endpoint, "state") + (slow ? fmt::format(", {:.0f} %", 100 * share) : ""),
               short_duration(number_in(endpoint, "for_ms")), count_in(endpoint, "flows_active"),
               count_in(endpoint, "flows"), count_in(endpoint, "packets"),
               count_in(endpoint, "bytes"), text_in(endpoint, "why")});
  });
  const std::string through = text_in(cluster, "probed_through");
  std::string text =
      fmt::format("\nCLUSTER {}: {} of {} endpoints healthy, {} Maglev slots{}\n",
                  text_in(cluster, "name"), healthy, endpoints, number_in(cluster, "maglev_slots"),
                  through.empty() ? "" : ", probed through " + through);
  const std::string error = text_in(cluster, "resolve_error");
  if (!error.empty()) text += "  " + error + "\n";
  return table.empty() ? text : text + table.text();
}

std::string orders_text(const json::object& status) {
  TextTable table({"ORDER", "ENDPOINT", "BY", "AT", ""});
  for_each_in(status, "orders", [&](const json::object& order) {
    table.add({text_in(order, "order"), text_in(order, "endpoint"), text_in(order, "by"),
               text_in(order, "at"), flag_in(order, "present") ? "" : "no such endpoint now"});
  });
  return table.empty() ? "" : "\n" + table.text();
}

std::string fleet_text(const json::object& status) {
  const json::object& fleet = object_in(status, "fleet");
  TextTable table({"PEER", "LAST HEARD", ">STARTS", ">FLOWS HEARD", ">REFUSED", ">REPEATED"});
  for_each_in(fleet, "peers", [&](const json::object& peer) {
    const std::string ago = short_duration(number_in(peer, "last_heard_ms"));
    const std::string last = flag_in(peer, "lives") ? ago : "silent for " + ago;
    table.add({text_in(peer, "peer"), flag_in(peer, "heard") ? last : "never",
               count_in(peer, "starts"), count_in(peer, "flows_heard"),
               count_in(peer, "datagrams_refused"), count_in(peer, "datagrams_repeated")});
  });
  if (table.empty()) return "";
  return "\n" + table.text() +
         fmt::format("flows at risk here {}, of peers {} of {}\n", count_in(fleet, "flows_at_risk"),
                     count_in(fleet, "flows_known"), count_in(fleet, "flows_known_max"));
}

std::string interfaces_text(const json::object& status) {
  TextTable table({"INTERFACE", ">RECEIVED", ">BYTES", ">SENT", ">BYTES", ">TO TWIN", ">FROM TWIN",
                   ">MISSED", ">NO BUFFER", ">ERRORS", ">BUFFERS FREE"});
  for_each_in(status, "interfaces", [&](const json::object& interface) {
    table.add({text_in(interface, "name"), count_in(interface, "receive_packets"),
               count_in(interface, "receive_bytes"), count_in(interface, "transmit_packets"),
               count_in(interface, "transmit_bytes"), count_in(interface, "to_twin_packets"),
               count_in(interface, "from_twin_packets"), count_in(interface, "receive_missed"),
               count_in(interface, "receive_no_buffer"),
               short_number(number_in(interface, "receive_errors") +
                            number_in(interface, "transmit_errors")),
               count_in(interface, "buffers_free") + " of " + count_in(interface, "buffers")});
  });
  return table.empty() ? "" : "\n" + table.text();
}

// "12 of 1.05 M"
std::string flow_table_text(const json::object& worker, std::string_view key) {
  const json::object& flows = object_in(worker, key);
  return count_in(flows, "entries") + " of " + count_in(flows, "entries_max");
}

std::string workers_text(const json::object& status) {
  TextTable table({">WORKER", ">BUSY", ">CYCLES/PACKET", ">PACKETS", ">HANDED OFF", ">HANDED OVER",
                   ">SNAPSHOT"});
  TextTable flows({">WORKER", ">TUNNEL4 FLOWS", ">TUNNEL6 FLOWS", ">NAT4 FLOWS", ">NAT6 FLOWS"});
  for_each_in(status, "workers", [&](const json::object& worker) {
    table.add({count_in(worker, "worker"), percent(number_in(worker, "busy_share")),
               fmt::format("{:.0f}", number_in(worker, "cycles_per_packet")),
               count_in(worker, "packets"), count_in(worker, "handed_off"),
               count_in(worker, "handed_over"),
               fmt::format("{}", number_in(worker, "snapshot_generation"))});
    flows.add({count_in(worker, "worker"), flow_table_text(worker, "tunnel4_flows"),
               flow_table_text(worker, "tunnel6_flows"), flow_table_text(worker, "nat4_flows"),
               flow_table_text(worker, "nat6_flows")});
  });
  return table.empty() ? "" : "\n" + table.text() + "\n" + flows.text();
}

std::string drops_text(const json::object& status) {
  TextTable table({"DROP", ">PACKETS"});
  for (const auto& [name, packets] : object_in(status, "drops")) {
    table.add({std::string(name), count_in(object_in(status, "drops"), name)});
  }
  return table.empty() ? "" : "\n" + table.text();
}

}  // namespace

Result<std::string> status_text(std::string_view json_text) {
  const Result<json::object> status = read_status(json_text);
  if (!status) return tl::unexpected(status.error());
  std::string text = gateway_text(*status) + listeners_text(*status);
  for_each_in(*status, "clusters",
              [&](const json::object& cluster) { text += cluster_text(cluster); });
  return text + orders_text(*status) + fleet_text(*status) + interfaces_text(*status) +
         workers_text(*status) + drops_text(*status);
}

std::string text_of(std::string_view json_text, std::string_view key) {
  boost::system::error_code error;
  const json::value value = json::parse(json_text, error);
  std::string message = !error && value.is_object() ? text_in(value.get_object(), key) : "";
  return message.empty() ? std::string(json_text) : message;
}

}  // namespace weft::mgmt
