// Everything the gateway shows, copied at one moment: plain values, so that rendering (which takes
// long for ten thousand endpoints) may run on any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/drop.h"
#include "dataplane/interface/device_stats.h"
#include "mgmt/metrics/counter_baselines.h"
#include "mgmt/model/status.h"

namespace weft::mgmt {

using WallTime = std::chrono::system_clock::time_point;

struct InterfaceReport {  // of one worker, or the sum
  uint64_t receive_packets = 0;
  uint64_t receive_bytes = 0;
  uint64_t transmit_packets = 0;
  uint64_t transmit_bytes = 0;
  uint64_t to_twin_packets = 0;
  uint64_t from_twin_packets = 0;
};

struct FlowTableReport {
  uint64_t entries = 0;  // a gauge
  uint64_t entries_max = 0;
  uint64_t inserted = 0;
  uint64_t expired = 0;
  uint64_t evicted = 0;
  uint64_t refused = 0;
};

struct WorkerReport {
  uint64_t turns = 0;
  uint64_t busy_turns = 0;
  uint64_t busy_cycles = 0;
  uint64_t idle_cycles = 0;
  uint64_t packets = 0;
  uint64_t handed_off = 0;
  uint64_t handed_over = 0;
  uint64_t snapshot_generation = 0;
  uint64_t swept_generation = 0;
  std::array<uint64_t, drops> dropped{};
  FlowTableReport tunnel4_flows;
  FlowTableReport tunnel6_flows;
  FlowTableReport nat4_flows;
  FlowTableReport nat6_flows;
  uint64_t streams = 0;  // TCP connections whose sides count differently
  uint64_t streams_max = 0;
  uint64_t streams_refused = 0;             // no room for one more
  uint64_t under_attack = 0;                // 1: flows begin too fast for all to be remembered
  uint64_t attacks = 0;                     // that began
  uint64_t unremembered = 0;                // packets of flows that got no entry in them
  uint64_t cookies = 0;                     // SYNs that were answered by one
  uint64_t flows_by_cookie = 0;             // that began when it came back
  uint64_t flows_at_risk = 0;               // that the last look found
  uint64_t looks_for_risk = 0;              // over all flows
  std::vector<InterfaceReport> interfaces;  // as GatewayStatus::interfaces
};

struct Report {
  GatewayStatus status;
  Instant now;
  WallTime wall;  // of the same moment
  Duration loop_lag_max{};
  std::string version;  // of the program
  std::vector<WorkerReport> workers;
  std::vector<DeviceStats> devices;                    // as status.interfaces
  std::vector<ListenerCounts> listeners;               // as status.listeners
  std::vector<std::vector<EndpointCounts>> endpoints;  // as status.clusters and their endpoints

  // The wall time of an Instant of the past.
  WallTime wall_at(Instant instant) const;
};

struct ReportMoment {
  Instant now;
  WallTime wall;
  Duration loop_lag_max{};
  std::string version;
};

// Reads the counters (relaxed, while the workers write). Notes new ids in `baselines`.
// `devices`: as status.interfaces.
Report make_report(GatewayStatus status, WorkerCountersSpan workers,
                   std::vector<DeviceStats> devices, CounterBaselines& baselines,
                   ReportMoment moment);

}  // namespace weft::mgmt
