// The state of each endpoint, outside every snapshot: mgmt writes, workers read (relaxed), nobody
// caches it past a turn, so that every worker's next pick sees an endpoint die. One byte an
// endpoint slot; and for each cluster slot how many of its endpoints take new flows.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "dataplane/base/ids.h"

namespace weft {

enum class EndpointState : uint8_t {
  down,      // takes nothing; on_endpoint_down says what happens to its flows
  draining,  // keeps its flows, takes no new ones
  healthy,
};

// The word for it in the log, in status and in metrics.
constexpr std::string_view name(EndpointState state) {
  switch (state) {
    case EndpointState::down:
      return "down";
    case EndpointState::draining:
      return "draining";
    case EndpointState::healthy:
      return "healthy";
  }
  return {};
}

class EndpointStates {
 public:
  EndpointStates(uint32_t endpoints, uint32_t clusters)
      : states_(endpoints), fit_endpoints_(clusters) {}

  EndpointState get(EndpointSlot slot) const {
    return states_[index(slot)].load(std::memory_order_relaxed);
  }
  const void* address(EndpointSlot slot) const { return &states_[index(slot)]; }
  // Only mgmt.
  void set(EndpointSlot slot, EndpointState state) {
    states_[index(slot)].store(state, std::memory_order_relaxed);
  }

  // 0: no pick can succeed.
  uint32_t fit_endpoints(ClusterSlot slot) const {
    return fit_endpoints_[index(slot)].load(std::memory_order_relaxed);
  }
  // Only mgmt.
  void set_fit_endpoints(ClusterSlot slot, uint32_t count) {
    fit_endpoints_[index(slot)].store(count, std::memory_order_relaxed);
  }

 private:
  std::vector<std::atomic<EndpointState>> states_;    // mgmt writes, workers read
  std::vector<std::atomic<uint32_t>> fit_endpoints_;  // mgmt writes, workers read
};

}  // namespace weft
