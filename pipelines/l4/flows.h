// The flows of one worker, and what is counted about them.
// Thread safety: one worker.
#pragma once

#include "dataplane/base/planted_bug.h"
#include "dataplane/table/flow_clock.h"
#include "dataplane/table/nat_flows.h"
#include "dataplane/table/nat_flows6.h"
#include "dataplane/table/peer_flows.h"
#include "dataplane/table/tunnel_flows.h"
#include "dataplane/table/tunnel_flows6.h"
#include "pipelines/l4/attack_watch.h"
#include "pipelines/l4/decision.h"
#include "pipelines/l4/flow_limits.h"
#include "pipelines/l4/streams.h"
#include "pipelines/snapshot.h"
#include "pipelines/worker_counters.h"

namespace weft {

// Flows that each table has room for at least.
struct FlowsMax {
  uint32_t tunnel4 = 1u << 20;
  uint32_t nat4 = 1u << 20;
  uint32_t tunnel6 = 1u << 20;
  uint32_t nat6 = 1u << 20;
  uint32_t streams = 1u << 16;  // of nat flows (streams.h)
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
    template <class Bucket>
    bool gone(const Bucket& bucket, uint32_t i) const {
      if (all_present_) return false;
      if (!snapshot_.endpoints->present(bucket.meta(i).endpoint())) return true;
      if constexpr (is_nat_bucket<Bucket>) {
        return !snapshot_.policy->listeners.present(bucket.listener(i));
      }
      return false;
    }
    // The other entry of a fullnat flow leaves with it; a flow counts once.
    template <class Bucket>
    void removed(const Bucket& bucket, uint32_t i) const {
      if constexpr (is_nat_bucket<Bucket>) {
        if (!planted(PlantedBug::other_entry_kept)) flows_.forget_other(bucket, i);
        const auto& flow = bucket.flow(i);
        const bool shifted = flow.marks.shifted != 0 && !planted(PlantedBug::stream_kept);
        if (shifted) flows_.streams.end(StreamSides::of(flow));
      }
      flows_.limits.uncount(bucket, i);
      if (planted(PlantedBug::count_of_flows_kept)) return;
      flows_.counters_.endpoints[index(bucket.meta(i).endpoint())].flows_active.add(-uint64_t{1});
    }

   private:
    template <class Bucket>
    static constexpr bool is_nat_bucket = requires(const Bucket& bucket) {
      bucket.listener(0);
    };

    Flows& flows_;
    const Snapshot& snapshot_;
    bool all_present_;  // no flow of an absent slot is left
  };

  // Throws std::bad_alloc.
  Flows(const FlowsMax& max, const KeyedHash& hash, const FlowTimeouts& timeouts, Instant now,
        WorkerCounters& counters);

  // Once a turn: moves the clock on and removes what expired, or whose endpoint or listener is
  // gone, from the next part of each table; so much that each is seen whole once in the shortest
  // timeout. Bounded by sweep_buckets_max. Reports TurnCounters::swept_generation.
  void expire(const Snapshot& snapshot, Instant now);

  // Becomes like `real` in what this packet touches. Requires: of the same hash and clock settings,
  // no larger, and nothing has gone through it.
  void stand_in_for(const Flows& real, const Headers& headers);

  // What the stages after track_flow will touch.
  void prefetch(EndpointSlot endpoint, const EndpointRecord* record, ListenerSlot listener) const {
    __builtin_prefetch(record);
    __builtin_prefetch(&counters_.listeners[index(listener)], 1);
    __builtin_prefetch(&counters_.endpoints[index(endpoint)], 1);
  }
  // Whether the endpoint has as many of this worker's flows as it may; 0: any number.
  bool full(EndpointSlot endpoint, uint32_t flows_max) const {
    return flows_max != 0 &&
           counters_.endpoints[index(endpoint)].flows_active.read() >= mine.rounded_down(flows_max);
  }
  void count_new(const Headers& headers, const Decision& decision) {
    limits.count(FlowSides::of(headers), *decision.listener, now_);
    counters_.listeners[index(decision.listener_slot)].flows.add(1);
    EndpointCounters& counters = counters_.endpoints[index(decision.endpoint)];
    counters.flows.add(1);
    counters.flows_active.add(1);
  }

  void count_full_streams() { counters_.streams.refused.add(1); }
  void count_by_cookie() { counters_.attack.flows_by_cookie.add(1); }
  void count_unremembered() { counters_.attack.unremembered.add(1); }
  Instant now() const { return now_; }  // of the turn

  // Calls with the table of the packet's family: of tunnel and direct listeners, of nat listeners.
  template <class Visit>
  decltype(auto) with_tunnel(bool v4, Visit visit) {
    return v4 ? visit(tunnel4) : visit(tunnel6);
  }
  template <class Visit>
  decltype(auto) with_nat(bool v4, Visit visit) {
    return v4 ? visit(nat4) : visit(nat6);
  }

  // The other entry of a fullnat flow; empty if it has none (nat, or half made).
  template <class Table, class NatFlow>
  static typename Table::Flow other_entry(Table& table, const NatFlow& flow) {
    if (flow.marks.kind() == NatEntry::nat) return {};
    NatFlow other = flow;
    const bool back = flow.marks.kind() == NatEntry::back;
    other.marks.entry = static_cast<uint32_t>(back ? NatEntry::there : NatEntry::back);
    const auto key = Table::BucketType::key_of(other);
    return table.find(table.place(key), key);
  }

  TunnelFlows4 tunnel4;
  TunnelFlows6 tunnel6;
  NatFlows4 nat4;
  NatFlows6 nat6;
  Streams streams;
  SynCookies cookies;
  FlowClock clock;
  uint32_t datagrams = 0;  // that were given an endpoint each by itself
  FlowLimits limits;
  WorkerShare mine;  // as the snapshot of the turn has it
  AttackWatch attack;
  // Where gateways of the fleet have flows that are not in these tables; null: nobody tells.
  const PeerFlows* peers = nullptr;

 private:
  static constexpr uint32_t sweep_buckets_max = 1024;  // bounds the longest pause of a turn

  void forget_other(const NatBucket4& bucket, uint32_t i) { forget_other(nat4, bucket.flow(i)); }
  void forget_other(const NatBucket6& bucket, uint32_t i) { forget_other(nat6, bucket.flow(i)); }
  template <class Table, class NatFlow>
  static void forget_other(Table& table, const NatFlow& flow) {
    if (const auto other = other_entry(table, flow)) table.forget(other);
  }
  uint32_t buckets_max() const;
  template <class Table, class Key>
  void stand_in_stream(const Streams& real, Table& table, const Key& key);
  void publish_counts();
  void watch_attack(uint32_t new_flows_per_s_max);
  void end_pass(const Snapshot& snapshot);

  WorkerCounters& counters_;
  Instant now_;
  Instant swept_until_;
  uint32_t pass_left_buckets_;     // of the largest table
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
