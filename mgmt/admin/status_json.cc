#include "mgmt/admin/status_json.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace weft::mgmt {
namespace {

namespace json = boost::json;

std::string time_text(WallTime time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

int64_t ms_since(const Report& report, Instant instant) {
  return to_ms(std::max(report.now - instant, Duration::zero()));
}

// 0 when nothing was counted yet.
double quotient(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

json::object flow_table_json(const FlowTableReport& table) {
  return {{"entries", table.entries},   {"entries_max", table.entries_max},
          {"inserted", table.inserted}, {"expired", table.expired},
          {"evicted", table.evicted},   {"refused", table.refused}};
}

json::object drops_json(const std::array<uint64_t, drops>& dropped) {
  json::object result;
  for (std::size_t drop = 1; drop < drops; ++drop) {  // 0 is Drop::none
    if (dropped[drop] != 0) result.emplace(drop_names[drop], dropped[drop]);
  }
  return result;
}

json::object worker_json(const WorkerReport& worker, std::size_t number) {
  return {{"worker", number},
          {"busy_share", quotient(worker.busy_cycles, worker.busy_cycles + worker.idle_cycles)},
          {"cycles_per_packet", quotient(worker.busy_cycles, worker.packets)},
          {"packets", worker.packets},
          {"turns", worker.turns},
          {"busy_turns", worker.busy_turns},
          {"busy_cycles", worker.busy_cycles},
          {"idle_cycles", worker.idle_cycles},
          {"handed_off", worker.handed_off},
          {"handed_over", worker.handed_over},
          {"snapshot_generation", worker.snapshot_generation},
          {"swept_generation", worker.swept_generation},
          {"tunnel4_flows", flow_table_json(worker.tunnel4_flows)},
          {"tunnel6_flows", flow_table_json(worker.tunnel6_flows)},
          {"nat4_flows", flow_table_json(worker.nat4_flows)},
          {"nat6_flows", flow_table_json(worker.nat6_flows)},
          {"streams", worker.streams},
          {"streams_max", worker.streams_max},
          {"streams_refused", worker.streams_refused},
          {"under_attack", worker.under_attack != 0},
          {"attacks", worker.attacks},
          {"unremembered", worker.unremembered},
          {"cookies", worker.cookies},
          {"flows_by_cookie", worker.flows_by_cookie},
          {"drops", drops_json(worker.dropped)}};
}

json::array workers_json(const Report& report) {
  json::array result;
  for (std::size_t i = 0; i < report.workers.size(); ++i) {
    result.push_back(worker_json(report.workers[i], i));
  }
  return result;
}

json::object total_drops_json(const Report& report) {
  std::array<uint64_t, drops> total{};
  for (const WorkerReport& worker : report.workers) {
    for (std::size_t drop = 0; drop < drops; ++drop) total[drop] += worker.dropped[drop];
  }
  return drops_json(total);
}

json::array interfaces_json(const Report& report) {
  json::array result;
  for (std::size_t i = 0; i < report.status.interfaces.size(); ++i) {
    InterfaceReport total;
    for (const WorkerReport& worker : report.workers) {
      const InterfaceReport& one = worker.interfaces[i];
      total.receive_packets += one.receive_packets;
      total.receive_bytes += one.receive_bytes;
      total.transmit_packets += one.transmit_packets;
      total.transmit_bytes += one.transmit_bytes;
      total.to_twin_packets += one.to_twin_packets;
      total.from_twin_packets += one.from_twin_packets;
    }
    const DeviceStats& devices = report.devices[i];
    result.push_back(json::object{{"name", report.status.interfaces[i]},
                                  {"rss", devices.rss},
                                  {"receive_packets", total.receive_packets},
                                  {"receive_bytes", total.receive_bytes},
                                  {"transmit_packets", total.transmit_packets},
                                  {"transmit_bytes", total.transmit_bytes},
                                  {"to_twin_packets", total.to_twin_packets},
                                  {"from_twin_packets", total.from_twin_packets},
                                  {"receive_missed", devices.receive_missed},
                                  {"receive_no_buffer", devices.receive_no_buffer},
                                  {"receive_errors", devices.receive_errors},
                                  {"transmit_errors", devices.transmit_errors},
                                  {"buffers", devices.buffers},
                                  {"buffers_free", devices.buffers_free}});
  }
  return result;
}

json::array listeners_json(const Report& report) {
  json::array result;
  for (std::size_t i = 0; i < report.status.listeners.size(); ++i) {
    const ListenerStatus& listener = report.status.listeners[i];
    const ListenerCounts& counts = report.listeners[i];
    result.push_back(json::object{{"name", listener.name},
                                  {"address", listener.address},
                                  {"protocol", listener.protocol},
                                  {"forward", listener.forward},
                                  {"cluster", listener.cluster},
                                  {"ready", listener.ready},
                                  {"why", listener.why},
                                  {"flows", counts.flows},
                                  {"packets", counts.packets},
                                  {"bytes", counts.bytes},
                                  {"drops", counts.drops}});
  }
  return result;
}

json::object endpoint_json(const Report& report, const EndpointStatus& endpoint,
                           const EndpointCounts& counts) {
  return {{"address", endpoint.address.to_string(endpoint.port)},
          {"host", endpoint.host},
          {"weight", endpoint.weight},
          {"state", name(endpoint.state)},
          {"since", time_text(report.wall_at(endpoint.since))},
          {"for_ms", ms_since(report, endpoint.since)},
          {"new_flows_share", endpoint.new_flows_share},
          {"why", endpoint.why},
          {"last_probe", endpoint.last_probe},
          {"flows_active", counts.flows_active},
          {"flows", counts.flows},
          {"packets", counts.packets},
          {"bytes", counts.bytes}};
}

json::array clusters_json(const Report& report) {
  json::array result;
  for (std::size_t i = 0; i < report.status.clusters.size(); ++i) {
    const ClusterStatus& cluster = report.status.clusters[i];
    json::array endpoints;
    endpoints.reserve(cluster.endpoints.size());
    for (std::size_t j = 0; j < cluster.endpoints.size(); ++j) {
      endpoints.push_back(endpoint_json(report, cluster.endpoints[j], report.endpoints[i][j]));
    }
    result.push_back(json::object{{"name", cluster.name},
                                  {"maglev_slots", cluster.maglev_slots},
                                  {"probed_through", cluster.probed_through},
                                  {"resolve_error", cluster.resolve_error},
                                  {"endpoints", std::move(endpoints)}});
  }
  return result;
}

json::array orders_json(const GatewayStatus& status) {
  json::array result;
  for (const OrderStatus& each : status.orders) {
    result.push_back(json::object{{"endpoint", endpoint_text(each.order)},
                                  {"order", order_name(each.order.kind)},
                                  {"by", each.order.by},
                                  {"at", time_text(each.order.at)},
                                  {"present", each.present}});
  }
  return result;
}

json::object fleet_json(const Report& report) {
  const FleetStatus& fleet = report.status.fleet;
  uint64_t at_risk = 0;
  for (const WorkerReport& worker : report.workers) at_risk += worker.flows_at_risk;
  json::array peers;
  for (const PeerStatus& peer : fleet.peers) {
    peers.push_back(
        json::object{{"peer", peer.address.to_string(peer.port)},
                     {"heard", peer.heard},
                     {"lives", peer.lives},
                     {"last_heard_ms", peer.heard ? ms_since(report, peer.last_heard) : 0},
                     {"starts", peer.processes},
                     {"flows_heard", peer.flows_heard},
                     {"datagrams_refused", peer.refused},
                     {"datagrams_repeated", peer.repeated}});
  }
  return {{"flows_at_risk", at_risk},
          {"flows_told", fleet.flows_told},
          {"flows_known", fleet.flows_known},
          {"flows_known_max", fleet.flows_known_max},
          {"flows_replaced", fleet.flows_replaced},
          {"unknown_endpoints", fleet.unknown_endpoints},
          {"strangers", fleet.strangers},
          {"peers", std::move(peers)}};
}

}  // namespace

std::string status_json(const Report& report) {
  const GatewayStatus& status = report.status;
  const json::object config{{"version", status.config_version},
                            {"since", time_text(report.wall_at(status.config_since))},
                            {"for_ms", ms_since(report, status.config_since)},
                            {"last_reload_error", status.last_reload_error}};
  const json::object result{{"gateway", status.name},
                            {"version", report.version},
                            {"phase", phase_name(status.phase)},
                            {"ready", status.ready()},
                            {"time", time_text(report.wall)},
                            {"started", time_text(report.wall_at(status.started))},
                            {"uptime_ms", ms_since(report, status.started)},
                            {"config", config},
                            {"snapshot_generation", status.snapshot_generation},
                            {"policy_generations_live", status.policy_generations_live},
                            {"probes_in_flight", status.probes_in_flight},
                            {"probes_max", status.probes_max},
                            {"loop_lag_max_us", report.loop_lag_max / std::chrono::microseconds(1)},
                            {"listeners", listeners_json(report)},
                            {"clusters", clusters_json(report)},
                            {"orders", orders_json(status)},
                            {"blackholes", status.blackholes},
                            {"fleet", fleet_json(report)},
                            {"interfaces", interfaces_json(report)},
                            {"workers", workers_json(report)},
                            {"drops", total_drops_json(report)}};
  return json::serialize(result) + "\n";
}

}  // namespace weft::mgmt
