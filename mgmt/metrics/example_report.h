// For tests and benchmarks: a gateway with counters, as a report is made of.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mgmt/metrics/report.h"

namespace weft::mgmt {

inline constexpr Instant example_now = Instant(seconds(100'000));

// Workers that have counted nothing.
class ExampleWorkers {
 public:
  explicit ExampleWorkers(uint32_t workers) {
    for (uint32_t i = 0; i < workers; ++i) {
      owned_.push_back(std::make_unique<WorkerCounters>());
      pointers_.push_back(owned_.back().get());
    }
  }
  WorkerCounters& operator[](std::size_t i) { return *owned_[i]; }
  WorkerCountersSpan span() const { return pointers_; }

 private:
  std::vector<std::unique_ptr<WorkerCounters>> owned_;
  std::vector<const WorkerCounters*> pointers_;
};

inline EndpointId endpoint_id(uint32_t slot, uint32_t generation = 1) {
  return {static_cast<EndpointSlot>(slot), generation};
}

inline ListenerId listener_id(uint32_t slot, uint32_t generation = 1) {
  return {static_cast<ListenerSlot>(slot), generation};
}

// One listener "web", one interface "edge", one cluster "web" with healthy endpoints 10.0.0.1:8080
// and so on, in slots from 0; serving for an hour.
inline GatewayStatus example_status(uint32_t endpoints) {
  GatewayStatus status;
  status.name = "gw-1";
  status.phase = Phase::serving;
  status.started = example_now - seconds(3600);
  status.snapshot_generation = 17;
  status.policy_generations_live = 1;
  status.config_version = 3;
  status.config_since = example_now - seconds(60);
  status.probes_max = 4096;
  status.interfaces = {"edge"};
  status.listeners.push_back({.id = listener_id(0),
                              .name = "web",
                              .address = "203.0.113.10:80",
                              .protocol = "tcp",
                              .forward = "nat",
                              .cluster = "web",
                              .ready = true});
  ClusterStatus& cluster = status.clusters.emplace_back();
  cluster.name = "web";
  cluster.maglev_slots = 1021;
  for (uint32_t i = 0; i < endpoints; ++i) {
    cluster.endpoints.push_back({.id = endpoint_id(i),
                                 .address = IpAddress::v4(be32(0x0a000001u + i)),
                                 .port = 8080,
                                 .state = EndpointState::healthy,
                                 .since = example_now - seconds(90),
                                 .why = "status 200",
                                 .last_probe = "status 200"});
  }
  return status;
}

// Made 2026-01-02T03:04:05Z.
inline ReportMoment example_moment() {
  return {.now = example_now,
          .wall = WallTime(seconds(1'767'323'045)),
          .loop_lag_max = std::chrono::microseconds(1500),
          .version = "0.1.0"};
}

inline Report example_report(GatewayStatus status, const ExampleWorkers& workers) {
  CounterBaselines baselines;
  std::vector<DeviceStats> devices(status.interfaces.size());
  return make_report(std::move(status), workers.span(), std::move(devices), baselines,
                     example_moment());
}

}  // namespace weft::mgmt
