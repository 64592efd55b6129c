#include "mgmt/metrics/report.h"

#include <utility>

#include "dataplane/base/check.h"

namespace weft::mgmt {
namespace {

FlowTableReport read(const FlowTableCounters& counters) {
  return {.entries = counters.entries.read(),
          .entries_max = counters.entries_max.read(),
          .inserted = counters.inserted.read(),
          .expired = counters.expired.read(),
          .evicted = counters.evicted.read(),
          .refused = counters.refused.read()};
}

InterfaceReport read(const InterfaceCounters& counters) {
  return {.receive_packets = counters.receive_packets.read(),
          .receive_bytes = counters.receive_bytes.read(),
          .transmit_packets = counters.transmit_packets.read(),
          .transmit_bytes = counters.transmit_bytes.read(),
          .to_twin_packets = counters.to_twin_packets.read(),
          .from_twin_packets = counters.from_twin_packets.read()};
}

WorkerReport read(const WorkerCounters& counters, std::size_t interfaces) {
  const TurnCounters& turn = counters.turn;
  WorkerReport report{.turns = turn.turns.read(),
                      .busy_turns = turn.busy_turns.read(),
                      .busy_cycles = turn.busy_cycles.read(),
                      .idle_cycles = turn.idle_cycles.read(),
                      .packets = turn.packets.read(),
                      .handed_off = turn.handed_off.read(),
                      .handed_over = turn.handed_over.read(),
                      .snapshot_generation = turn.snapshot_generation.read(),
                      .swept_generation = turn.swept_generation.read(),
                      .tunnel4_flows = read(counters.tunnel4_flows),
                      .tunnel6_flows = read(counters.tunnel6_flows),
                      .nat4_flows = read(counters.nat4_flows),
                      .nat6_flows = read(counters.nat6_flows)};
  report.streams = counters.streams.entries.read();
  report.streams_max = counters.streams.entries_max.read();
  report.streams_refused = counters.streams.refused.read();
  report.under_attack = counters.attack.under_attack.read();
  report.attacks = counters.attack.attacks.read();
  report.cookies = counters.attack.cookies.read();
  report.flows_by_cookie = counters.attack.flows_by_cookie.read();
  report.unremembered = counters.attack.unremembered.read();
  report.flows_at_risk = counters.at_risk.flows.read();
  report.looks_for_risk = counters.at_risk.passes.read();
  for (std::size_t drop = 0; drop < drops; ++drop) {
    report.dropped[drop] = counters.dropped[drop].read();
  }
  for (std::size_t i = 0; i < interfaces; ++i) {
    report.interfaces.push_back(read(counters.interfaces[i]));
  }
  return report;
}

}  // namespace

WallTime Report::wall_at(Instant instant) const {
  return wall - std::chrono::duration_cast<WallTime::duration>(now - instant);
}

Report make_report(GatewayStatus status, WorkerCountersSpan workers,
                   std::vector<DeviceStats> devices, CounterBaselines& baselines,
                   ReportMoment moment) {
  CHECK(devices.size() == status.interfaces.size());
  baselines.note(status, workers);
  Report report{.status = std::move(status),
                .now = moment.now,
                .wall = moment.wall,
                .loop_lag_max = moment.loop_lag_max,
                .version = std::move(moment.version),
                .devices = std::move(devices)};
  for (const WorkerCounters* worker : workers) {
    report.workers.push_back(read(*worker, report.status.interfaces.size()));
  }
  for (const ListenerStatus& listener : report.status.listeners) {
    report.listeners.push_back(baselines.listener(listener.id, workers));
  }
  for (const ClusterStatus& cluster : report.status.clusters) {
    std::vector<EndpointCounts>& counts = report.endpoints.emplace_back();
    counts.reserve(cluster.endpoints.size());
    for (const EndpointStatus& endpoint : cluster.endpoints) {
      counts.push_back(baselines.endpoint(endpoint.id, workers));
    }
  }
  return report;
}

}  // namespace weft::mgmt
