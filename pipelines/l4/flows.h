// The flows of one worker, and what is counted about them.
// Thread safety: one worker.
#pragma once

#include "dataplane/table/flow_clock.h"
#include "dataplane/table/nat_flows.h"
#include "dataplane/table/tunnel_flows.h"
#include "pipelines/worker_counters.h"

namespace weft {

struct FlowsMax {
  uint32_t tunnel = 1u << 20;  // powers of two
  uint32_t nat = 1u << 20;
};

class Flows {
 public:
  // Throws std::bad_alloc.
  Flows(FlowsMax max, const KeyedHash& hash, const FlowTimeouts& timeouts, Instant now,
        WorkerCounters& counters)
      : tunnel(max.tunnel, hash),
        nat(max.nat, hash),
        clock(timeouts, now),
        counters_(counters),
        swept_until_(now) {}

  // Once a turn: moves the clock on and removes what expired from the next part of each table, so
  // much that each is seen whole once in the shortest timeout. Bounded by sweep_buckets_max.
  void expire(const FlowTimeouts& timeouts, Instant now);

  // The number of complete sweeps since the start.
  uint64_t sweeps() const { return sweeps_; }

  auto removed() {
    return [this](FlowMeta meta) {
      counters_.endpoints[index(meta.endpoint())].flows_active.add(-uint64_t{1});
    };
  }
  void count_new(EndpointSlot endpoint) {
    EndpointCounters& counters = counters_.endpoints[index(endpoint)];
    counters.flows.add(1);
    counters.flows_active.add(1);
  }
  void publish_counts();

  TunnelFlows4 tunnel;
  NatFlows4 nat;
  FlowClock clock;

 private:
  static constexpr uint32_t sweep_buckets_max = 1024;  // bounds the longest pause of a turn

  WorkerCounters& counters_;
  Instant swept_until_;
  uint64_t swept_buckets_ = 0;  // of the larger table
  uint64_t sweeps_ = 0;
};

// The state after a TCP packet with these flags; `both_closed`: each side has sent its FIN (a
// tunnel sees one side only, whose FIN counts for both). Pure.
constexpr FlowState next_state(FlowState state, uint8_t tcp_flags, bool closed) {
  if (state == FlowState::udp) return state;
  if ((tcp_flags & tcp_flag::rst) != 0 || closed) return FlowState::closing;
  if (state == FlowState::half_open && (tcp_flags & tcp_flag::syn) == 0) {
    return FlowState::established;
  }
  return state;
}

}  // namespace weft
