// The flows of one worker, and what is counted about them.
// Thread safety: one worker.
#pragma once

#include "dataplane/table/flow_clock.h"
#include "dataplane/table/nat_flows.h"
#include "dataplane/table/tunnel_flows.h"
#include "pipelines/snapshot.h"
#include "pipelines/worker_counters.h"

namespace weft {

struct FlowsMax {
  uint32_t tunnel = 1u << 20;  // powers of two
  uint32_t nat = 1u << 20;
};

class Flows {
 public:
  // What the tables are told of a turn's snapshot.
  class Owner {
   public:
    Owner(Flows& flows, const Snapshot& snapshot)
        : flows_(flows),
          snapshot_(snapshot),
          all_present_(flows.swept_generation_ == snapshot.generation) {}

    const FlowClock& clock() const { return flows_.clock; }
    bool gone(const TunnelBucket4& bucket, uint32_t i) const {
      return !all_present_ && !snapshot_.endpoints->present(bucket.meta(i).endpoint());
    }
    bool gone(const NatBucket4& bucket, uint32_t i) const {
      return !all_present_ && (!snapshot_.endpoints->present(bucket.meta(i).endpoint()) ||
                               !snapshot_.policy->listeners.present(bucket.listener(i)));
    }
    void removed(FlowMeta meta) const {
      flows_.counters_.endpoints[index(meta.endpoint())].flows_active.add(-uint64_t{1});
    }

   private:
    Flows& flows_;
    const Snapshot& snapshot_;
    bool all_present_;  // no flow of an absent slot is left
  };

  // Throws std::bad_alloc.
  Flows(FlowsMax max, const KeyedHash& hash, const FlowTimeouts& timeouts, Instant now,
        WorkerCounters& counters);

  // Once a turn: moves the clock on and removes what expired, or whose endpoint or listener is
  // gone, from the next part of each table; so much that each is seen whole once in the shortest
  // timeout. Bounded by sweep_buckets_max. Reports TurnCounters::swept_generation.
  void expire(const Snapshot& snapshot, Instant now);

  // What the stages after track_flow will touch.
  void prefetch(EndpointSlot endpoint, const EndpointRecord* record) const {
    __builtin_prefetch(record);
    __builtin_prefetch(&counters_.endpoints[index(endpoint)], 1);
  }
  void count_new(ListenerSlot listener, EndpointSlot endpoint) {
    counters_.listeners[index(listener)].flows.add(1);
    EndpointCounters& counters = counters_.endpoints[index(endpoint)];
    counters.flows.add(1);
    counters.flows_active.add(1);
  }

  TunnelFlows4 tunnel;
  NatFlows4 nat;
  FlowClock clock;

 private:
  static constexpr uint32_t sweep_buckets_max = 1024;  // bounds the longest pause of a turn

  void end_pass(const Snapshot& snapshot);

  WorkerCounters& counters_;
  Instant swept_until_;
  uint32_t pass_left_buckets_;     // of the larger table
  uint64_t pass_generation_ = 0;   // of the snapshot in whose turn the pass began
  uint64_t swept_generation_ = 0;  // of the last pass that ended
};

// The state after a TCP packet with these flags; `closed`: each side has sent its FIN (a tunnel
// sees one side only, whose FIN counts for both). Pure.
constexpr FlowState next_state(FlowState state, uint8_t tcp_flags, bool closed) {
  if (state == FlowState::udp) return state;
  if ((tcp_flags & tcp_flag::rst) != 0 || closed) return FlowState::closing;
  if (state == FlowState::half_open && (tcp_flags & tcp_flag::syn) == 0) {
    return FlowState::established;
  }
  return state;
}

}  // namespace weft
