// The state of each endpoint, outside every snapshot: mgmt writes, workers read (relaxed), nobody
// caches it past a turn, so that every worker's next pick sees an endpoint die. One byte an
// endpoint slot, with the share of new flows that an endpoint takes while it starts slowly; and for
// each cluster slot how many of its endpoints take new flows.
#pragma once

#include <atomic>
#include <bit>
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

// The whole of the flows that choose an endpoint, in shares: a slow start grows from 1 to this.
inline constexpr uint32_t flow_shares = 32;
static_assert(std::has_single_bit(flow_shares), "a flow's share is in the low bits of its hash");

class EndpointStates {
 public:
  EndpointStates(uint32_t endpoints, uint32_t clusters)
      : words_(endpoints), fit_endpoints_(clusters) {}

  EndpointState get(EndpointSlot slot) const {
    return static_cast<EndpointState>(word(slot) & state_mask);
  }
  // Whether a new flow of this hash (flow_hash) may go there: the endpoint is healthy, and the flow
  // is in its share. Every gateway with the same share says the same.
  bool takes(EndpointSlot slot, uint64_t flow_hash) const {
    const uint32_t word = this->word(slot);
    return static_cast<EndpointState>(word & state_mask) == EndpointState::healthy &&
           (flow_hash & (flow_shares - 1)) <= word >> share_shift;
  }
  const void* address(EndpointSlot slot) const { return &words_[index(slot)]; }
  // Only mgmt. Requires: 1 <= share <= flow_shares.
  void set(EndpointSlot slot, EndpointState state, uint32_t share = flow_shares) {
    words_[index(slot)].store(
        static_cast<uint8_t>(static_cast<uint32_t>(state) | (share - 1) << share_shift),
        std::memory_order_relaxed);
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
  static constexpr uint32_t state_mask = 3;
  static constexpr uint32_t share_shift = 3;
  static_assert(((flow_shares - 1) << share_shift) <= UINT8_MAX);

  uint32_t word(EndpointSlot slot) const {
    return words_[index(slot)].load(std::memory_order_relaxed);
  }

  std::vector<std::atomic<uint8_t>> words_;           // mgmt writes, workers read
  std::vector<std::atomic<uint32_t>> fit_endpoints_;  // mgmt writes, workers read
};

}  // namespace weft
