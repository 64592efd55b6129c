#include "mgmt/metrics/metrics_text.h"

#include <array>
#include <chrono>
#include <utility>

#include "mgmt/metrics/metrics_page.h"

namespace weft::mgmt {
namespace {

double seconds_of(WallTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

double seconds_of(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

constexpr std::array<Column<WorkerReport>, 19> worker_columns = {{
    {gauge, "weft_worker_streams", "TCP connections whose two sides count differently.",
     &WorkerReport::streams},
    {gauge, "weft_worker_streams_max", "How many of these there may be.",
     &WorkerReport::streams_max},
    {counter, "weft_worker_streams_refused_total", "Times that there was no room for one more.",
     &WorkerReport::streams_refused},
    {gauge, "weft_worker_under_attack", "1 while flows begin too fast for all to be remembered.",
     &WorkerReport::under_attack},
    {counter, "weft_worker_attacks_total", "Attacks that began.", &WorkerReport::attacks},
    {counter, "weft_worker_unremembered_packets_total",
     "Packets of flows that got no entry because of an attack.", &WorkerReport::unremembered},
    {counter, "weft_worker_syn_cookies_total", "SYNs that were answered by a cookie.",
     &WorkerReport::cookies},
    {counter, "weft_worker_flows_by_cookie_total", "Flows that began when a cookie came back.",
     &WorkerReport::flows_by_cookie},
    {gauge, "weft_worker_flows_at_risk",
     "Connections that peers of the fleet would place elsewhere, in the last look for them.",
     &WorkerReport::flows_at_risk},
    {counter, "weft_worker_looks_for_risk_total", "Looks at all flows for those at risk.",
     &WorkerReport::looks_for_risk},
    {counter, "weft_worker_turns_total", "Turns of the poll loop.", &WorkerReport::turns},
    {counter, "weft_worker_busy_turns_total", "Turns that found at least one packet.",
     &WorkerReport::busy_turns},
    {counter, "weft_worker_busy_cycles_total",
     "Cycles of the time stamp counter spent in turns that found packets.",
     &WorkerReport::busy_cycles},
    {counter, "weft_worker_idle_cycles_total",
     "Cycles of the time stamp counter spent polling in vain or asleep.",
     &WorkerReport::idle_cycles},
    {counter, "weft_worker_packets_total", "Packets processed.", &WorkerReport::packets},
    {counter, "weft_worker_handed_off_packets_total", "Packets given to the worker that owns them.",
     &WorkerReport::handed_off},
    {counter, "weft_worker_handed_over_packets_total", "Packets received from other workers.",
     &WorkerReport::handed_over},
    {gauge, "weft_worker_snapshot_generation", "Generation of the snapshot that the worker reads.",
     &WorkerReport::snapshot_generation},
    {gauge, "weft_worker_swept_generation",
     "Newest snapshot generation of which the worker's flow tables hold nothing older.",
     &WorkerReport::swept_generation},
}};

constexpr std::array<Column<InterfaceReport>, 6> interface_columns = {{
    {counter, "weft_interface_receive_packets_total", "Packets received from the interface.",
     &InterfaceReport::receive_packets},
    {counter, "weft_interface_receive_bytes_total", "Bytes received from the interface.",
     &InterfaceReport::receive_bytes},
    {counter, "weft_interface_transmit_packets_total", "Packets sent on the interface.",
     &InterfaceReport::transmit_packets},
    {counter, "weft_interface_transmit_bytes_total", "Bytes sent on the interface.",
     &InterfaceReport::transmit_bytes},
    {counter, "weft_interface_to_twin_packets_total", "Packets given to the kernel.",
     &InterfaceReport::to_twin_packets},
    {counter, "weft_interface_from_twin_packets_total", "Packets that the kernel sent.",
     &InterfaceReport::from_twin_packets},
}};

constexpr std::array<Column<DeviceStats>, 6> device_columns = {{
    {counter, "weft_interface_receive_missed_total",
     "Frames for which the device had no room: the workers were too slow.",
     &DeviceStats::receive_missed},
    {counter, "weft_interface_receive_no_buffer_total",
     "Frames for which no packet buffer was free.", &DeviceStats::receive_no_buffer},
    {counter, "weft_interface_receive_errors_total", "Frames that the device found damaged.",
     &DeviceStats::receive_errors},
    {counter, "weft_interface_transmit_errors_total",
     "Packets that the device took and did not send.", &DeviceStats::transmit_errors},
    {gauge, "weft_interface_buffers", "Packet buffers of the interface.", &DeviceStats::buffers},
    {gauge, "weft_interface_buffers_free", "Packet buffers that are not in use.",
     &DeviceStats::buffers_free},
}};

constexpr std::array<Column<FlowTableReport>, 6> flow_table_columns = {{
    {gauge, "weft_flow_table_entries", "Flows in the table.", &FlowTableReport::entries},
    {gauge, "weft_flow_table_entries_max", "Flows that the table has room for.",
     &FlowTableReport::entries_max},
    {counter, "weft_flow_table_inserted_total", "Flows that got an entry.",
     &FlowTableReport::inserted},
    {counter, "weft_flow_table_expired_total", "Flows whose timeout passed.",
     &FlowTableReport::expired},
    {counter, "weft_flow_table_evicted_total", "Flows that made room for others.",
     &FlowTableReport::evicted},
    {counter, "weft_flow_table_refused_total",
     "Flows that found no room: they went without an entry, or were dropped.",
     &FlowTableReport::refused},
}};

constexpr std::array<Column<ListenerCounts>, 6> listener_columns = {{
    {counter, "weft_listener_packets_total", "Packets to the listener and, for nat, back.",
     &ListenerCounts::packets},
    {counter, "weft_listener_bytes_total", "IP bytes to the listener and, for nat, back.",
     &ListenerCounts::bytes},
    {counter, "weft_listener_flows_total", "Flows created.", &ListenerCounts::flows},
    {counter, "weft_listener_drops_total", "Packets to the listener that were dropped.",
     &ListenerCounts::drops},
    {counter, "weft_listener_quic_routed_total",
     "Packets to the endpoint that their QUIC connection id names.", &ListenerCounts::quic_routed},
    {counter, "weft_listener_quic_unknown_total",
     "QUIC packets with a short header whose connection id names no endpoint that is up.",
     &ListenerCounts::quic_unknown},
}};

constexpr std::array<Column<EndpointCounts>, 4> endpoint_columns = {{
    {counter, "weft_endpoint_packets_total", "Packets to the endpoint and, for nat, back.",
     &EndpointCounts::packets},
    {counter, "weft_endpoint_bytes_total", "IP bytes to the endpoint and, for nat, back.",
     &EndpointCounts::bytes},
    {counter, "weft_endpoint_flows_total", "Flows given to the endpoint.", &EndpointCounts::flows},
    {gauge, "weft_endpoint_flows_active", "Flows that the endpoint has now.",
     &EndpointCounts::flows_active},
}};

constexpr std::array phases = {Phase::starting, Phase::serving, Phase::withdrawing, Phase::draining,
                               Phase::stopped};
constexpr std::array states = {EndpointState::down, EndpointState::draining,
                               EndpointState::healthy};

void write_gateway(MetricsPage& page, const Report& report) {
  const GatewayStatus& status = report.status;
  Family build = gauge("weft_build_info", "1, with the version of the program.");
  build.add({{"version", report.version}, {"gateway", status.name}}, 1);
  page.write(std::move(build));
  page.write(gauge("weft_start_time_seconds", "When the gateway started, Unix time."),
             seconds_of(report.wall_at(status.started)));
  Family phase = gauge("weft_phase", "1 for the phase that the gateway is in, 0 for the others.");
  for (const Phase each : phases) {
    phase.add({{"phase", std::string(phase_name(each))}}, each == status.phase);
  }
  page.write(std::move(phase));
  page.write(gauge("weft_ready", "1 when /ready answers 200."), status.ready());
  page.write(gauge("weft_config_version", "1, and one more with each reload that was taken."),
             status.config_version);
  page.write(gauge("weft_config_timestamp_seconds", "When the configuration was taken, Unix time."),
             seconds_of(report.wall_at(status.config_since)));
  page.write(gauge("weft_config_last_reload_successful", "0 when the last reload was refused."),
             status.last_reload_error.empty());
  page.write(gauge("weft_snapshot_generation", "Generation of the newest snapshot."),
             static_cast<double>(status.snapshot_generation));
  page.write(gauge("weft_policy_generations_live", "Policy generations not freed yet."),
             status.policy_generations_live);
  page.write(gauge("weft_blackholes", "Prefixes that an operator blackholed."), status.blackholes);
  page.write(gauge("weft_probes_in_flight", "Health probes that run."), status.probes_in_flight);
  page.write(gauge("weft_probes_max", "Health probes that may run at a time."), status.probes_max);
  page.write(gauge("weft_loop_lag_max_seconds",
                   "How late mgmt's event loop was at most over the last 30 to 60 seconds."),
             seconds_of(report.loop_lag_max));
}

void write_workers(MetricsPage& page, const Report& report) {
  page.write_columns(worker_columns, [&](const auto& add) {
    for (std::size_t i = 0; i < report.workers.size(); ++i) {
      add({{"worker", std::to_string(i)}}, report.workers[i]);
    }
  });
  page.write_columns(interface_columns, [&](const auto& add) {
    for (std::size_t i = 0; i < report.workers.size(); ++i) {
      for (std::size_t j = 0; j < report.status.interfaces.size(); ++j) {
        add({{"interface", report.status.interfaces[j]}, {"worker", std::to_string(i)}},
            report.workers[i].interfaces[j]);
      }
    }
  });
  page.write_columns(device_columns, [&](const auto& add) {
    for (std::size_t i = 0; i < report.status.interfaces.size(); ++i) {
      add({{"interface", report.status.interfaces[i]}}, report.devices[i]);
    }
  });
  page.write_columns(flow_table_columns, [&](const auto& add) {
    for (std::size_t i = 0; i < report.workers.size(); ++i) {
      const WorkerReport& worker = report.workers[i];
      add({{"table", "tunnel4"}, {"worker", std::to_string(i)}}, worker.tunnel4_flows);
      add({{"table", "tunnel6"}, {"worker", std::to_string(i)}}, worker.tunnel6_flows);
      add({{"table", "nat4"}, {"worker", std::to_string(i)}}, worker.nat4_flows);
      add({{"table", "nat6"}, {"worker", std::to_string(i)}}, worker.nat6_flows);
    }
  });
  Family dropped = counter("weft_drops_total", "Packets dropped, by the reason's name.");
  for (std::size_t drop = 1; drop < drops; ++drop) {  // 0 is Drop::none
    for (std::size_t i = 0; i < report.workers.size(); ++i) {
      dropped.add({{"drop", std::string(drop_names[drop])}, {"worker", std::to_string(i)}},
                  static_cast<double>(report.workers[i].dropped[drop]));
    }
  }
  page.write(std::move(dropped));
}

void write_listeners(MetricsPage& page, const Report& report) {
  const std::vector<ListenerStatus>& listeners = report.status.listeners;
  Family ready = gauge("weft_listener_ready", "1 when the listener is ready.");
  for (const ListenerStatus& listener : listeners) {
    ready.add({{"listener", listener.name}}, listener.ready);
  }
  page.write(std::move(ready));
  page.write_columns(listener_columns, [&](const auto& add) {
    for (std::size_t i = 0; i < listeners.size(); ++i) {
      add({{"listener", listeners[i].name}}, report.listeners[i]);
    }
  });
}

void write_clusters(MetricsPage& page, const Report& report) {
  Family endpoints = gauge("weft_cluster_endpoints", "Endpoints of the cluster, by state.");
  Family slots = gauge("weft_cluster_maglev_slots", "Slots of the cluster's Maglev table.");
  Family failed = gauge("weft_cluster_resolve_failed",
                        "1 when the last look-up of one of the cluster's host names failed.");
  for (const ClusterStatus& cluster : report.status.clusters) {
    std::array<uint32_t, states.size()> count{};
    for (const EndpointStatus& endpoint : cluster.endpoints) {
      ++count[static_cast<std::size_t>(endpoint.state)];
    }
    for (const EndpointState state : states) {
      endpoints.add({{"cluster", cluster.name}, {"state", std::string(name(state))}},
                    count[static_cast<std::size_t>(state)]);
    }
    slots.add({{"cluster", cluster.name}}, cluster.maglev_slots);
    failed.add({{"cluster", cluster.name}}, !cluster.resolve_error.empty());
  }
  page.write(std::move(endpoints));
  page.write(std::move(slots));
  page.write(std::move(failed));
}

// Calls with the labels, the status and the counts of each endpoint.
template <class Call>
void for_each_endpoint(const Report& report, const Call& call) {
  for (std::size_t i = 0; i < report.status.clusters.size(); ++i) {
    const ClusterStatus& cluster = report.status.clusters[i];
    for (std::size_t j = 0; j < cluster.endpoints.size(); ++j) {
      const EndpointStatus& endpoint = cluster.endpoints[j];
      call(Labels{{"cluster", cluster.name},
                  {"endpoint", endpoint.address.to_string(endpoint.port)}},
           endpoint, report.endpoints[i][j]);
    }
  }
}

void write_endpoints(MetricsPage& page, const Report& report) {
  Family state = gauge("weft_endpoint_state", "0 down, 1 draining, 2 healthy.");
  Family since = gauge("weft_endpoint_state_timestamp_seconds",
                       "When the endpoint came into its state, Unix time.");
  Family share =
      gauge("weft_endpoint_new_flows_share",
            "Part of the flows that choose it which the endpoint takes: below 1 while it "
            "starts slowly.");
  Family weight = gauge("weft_endpoint_weight", "The endpoint's weight.");
  for_each_endpoint(report, [&](Labels labels, const EndpointStatus& endpoint, const auto&) {
    state.add(labels, static_cast<double>(endpoint.state));
    since.add(labels, seconds_of(report.wall_at(endpoint.since)));
    share.add(labels, endpoint.new_flows_share);
    weight.add(std::move(labels), endpoint.weight);
  });
  page.write(std::move(state));
  page.write(std::move(since));
  page.write(std::move(share));
  page.write(std::move(weight));
  page.write_columns(endpoint_columns, [&](const auto& add) {
    for_each_endpoint(report, [&](Labels labels, const auto&, const EndpointCounts& counts) {
      add(std::move(labels), counts);
    });
  });
}

void write_orders(MetricsPage& page, const Report& report) {
  Family orders = gauge("weft_endpoint_order_timestamp_seconds",
                        "When an operator ordered this about the endpoint, Unix time.");
  for (const OrderStatus& each : report.status.orders) {
    const Order& order = each.order;
    orders.add({{"cluster", order.cluster},
                {"endpoint", order.address.to_string(order.port)},
                {"order", std::string(order_name(order.kind))},
                {"by", order.by}},
               seconds_of(order.at));
  }
  page.write(std::move(orders));
}

void write_fleet(MetricsPage& page, const Report& report) {
  const FleetStatus& fleet = report.status.fleet;
  if (fleet.peers.empty()) return;
  const auto number = [](uint64_t n) { return static_cast<double>(n); };
  page.write(gauge("weft_peer_flows", "Flows of peers that are kept."), fleet.flows_known);
  page.write(gauge("weft_peer_flows_max", "Flows of peers that there is room for."),
             fleet.flows_known_max);
  page.write(counter("weft_peer_flows_replaced_total", "Flows of peers that gave way to others."),
             number(fleet.flows_replaced));
  page.write(counter("weft_peer_flows_told_total", "Flows that the peers were told of."),
             number(fleet.flows_told));
  page.write(counter("weft_peer_unknown_endpoints_total",
                     "Flows that peers told of, on endpoints that this gateway cannot have."),
             number(fleet.unknown_endpoints));
  page.write(counter("weft_peer_strangers_total", "Datagrams from addresses of no peer."),
             number(fleet.strangers));
  Family lives = gauge("weft_peer_heard", "1 when the peer was heard in the last seconds.");
  Family processes = counter("weft_peer_starts_total", "Processes of the peer that were heard.");
  Family flows = counter("weft_peer_flows_heard_total", "Flows that the peer told of.");
  Family refused = counter("weft_peer_datagrams_refused_total",
                           "Datagrams of the peer with a wrong key, or damaged.");
  Family repeated = counter("weft_peer_datagrams_repeated_total",
                            "Datagrams of the peer that were heard before.");
  for (const PeerStatus& peer : fleet.peers) {
    const Labels labels{{"peer", peer.address.to_string(peer.port)}};
    lives.add(labels, peer.lives);
    processes.add(labels, peer.processes);
    flows.add(labels, number(peer.flows_heard));
    refused.add(labels, number(peer.refused));
    repeated.add(labels, number(peer.repeated));
  }
  for (Family* family : {&lives, &processes, &flows, &refused, &repeated}) {
    page.write(std::move(*family));
  }
}

}  // namespace

std::string metrics_text(const Report& report) {
  MetricsPage page;
  write_gateway(page, report);
  write_workers(page, report);
  write_listeners(page, report);
  write_clusters(page, report);
  write_endpoints(page, report);
  write_orders(page, report);
  write_fleet(page, report);
  return std::move(page).text();
}

}  // namespace weft::mgmt
