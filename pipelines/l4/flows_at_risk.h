// The flows that another gateway of the fleet, having no entry for them, would not be sure to send
// where they are: established TCP flows of tunnel and direct listeners whose endpoint is not the
// first choice of the tables of now, or would not take them now. (A nat flow cannot change its
// gateway at all: what its packets are rewritten to is in this one's table.) mgmt asks for a pass
// over all flows, whenever a set has changed and now and then; the worker looks at some buckets a
// turn, and tells by a ring. Full, it makes the pass wait, so none is left out.
// While nobody asks a turn costs one relaxed load.
// Thread safety: one worker; one thread of mgmt.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>

#include "dataplane/table/peer_flows.h"
#include "dataplane/worker/record_ring.h"
#include "pipelines/endpoint_states.h"
#include "pipelines/l4/flows.h"
#include "pipelines/snapshot.h"

namespace weft {

class FlowsAtRisk {
 public:
  // A pass takes about so long, or as long as its buckets take at so many a second.
  static constexpr Duration pass_min = milliseconds(500);
  static constexpr uint32_t buckets_per_s_max = 1u << 18;

  // Throws std::bad_alloc.
  FlowsAtRisk() : told_(ring_bytes) {}

  // ---- the worker, once a turn
  void look(Flows& flows, const Snapshot& snapshot, const EndpointStates& states,
            WorkerCounters& counters, Instant now) {
    const bool looks = left_buckets_ != 0 || asked_.load(std::memory_order_acquire) != begun_;
    if (looks) [[unlikely]]
      look_further(flows, snapshot, states, counters, now);
  }

  // ---- mgmt
  // All flows are looked at from now on. One that is asked for while another runs begins anew.
  void ask() {
    asked_.store(asked_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
  // Calls take(flow) for those that were found, at most `flows_max` of them.
  template <class Take>
  void take(uint32_t flows_max, Take take) {
    for (; flows_max > 0; --flows_max) {
      const auto record = told_.front();
      if (record.empty()) return;
      PlacedFlow flow;
      std::memcpy(static_cast<void*>(&flow), record.data(), sizeof(flow));
      told_.pop();
      take(flow);
    }
  }

 private:
  static constexpr uint32_t ring_bytes = 1u << 18;
  static constexpr uint32_t look_buckets_max = 1024;  // bounds the longest pause of a turn

  void look_further(Flows& flows, const Snapshot& snapshot, const EndpointStates& states,
                    WorkerCounters& counters, Instant now);
  // False: no room to tell of it.
  template <class Table>
  bool look_at(const Table& table, uint32_t bucket, const Flows& flows, const Snapshot& snapshot,
               const EndpointStates& states);

  RecordRing told_;
  std::atomic<uint32_t> asked_{0};  // mgmt writes: passes
  uint32_t begun_ = 0;
  uint32_t next_bucket_ = 0;  // of tunnel4, then tunnel6
  uint32_t left_buckets_ = 0;
  uint64_t found_ = 0;  // in this pass
  Instant looked_at_{};
};

}  // namespace weft
