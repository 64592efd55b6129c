// What one worker counts: it writes, mgmt reads (relaxed), nothing is ever locked or reset. By
// listener and endpoint slot, so that counts outlive snapshots; mgmt remembers the value at which a
// slot got a new generation.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "dataplane/base/counters.h"
#include "dataplane/base/drop.h"
#include "dataplane/base/ids.h"

namespace weft {

struct alignas(32) ListenerCounters {
  Counter packets;  // towards endpoints and, for nat, back
  Counter bytes;    // of IP, as received
  Counter flows;    // ever created
  Counter drops;
};

struct alignas(32) EndpointCounters {
  Counter packets;
  Counter bytes;
  Counter flows;         // ever created
  Counter flows_active;  // a gauge
};

struct InterfaceCounters {
  Counter receive_packets;
  Counter receive_bytes;
  Counter transmit_packets;
  Counter transmit_bytes;
  Counter to_twin_packets;
  Counter from_twin_packets;
};

struct TurnCounters {
  Counter turns;
  Counter busy_turns;   // with at least one packet
  Counter busy_cycles;  // of the time stamp counter
  Counter idle_cycles;  // polling in vain or asleep
  Counter packets;      // processed, handed over ones where they are processed
  Counter handed_off;
  Counter handed_over;  // received from other workers
  Counter snapshot_generation;
  // The newest snapshot generation of which this worker has let go of everything older: a full
  // pass over all its flow tables that began in a turn that read that generation has ended, and
  // each flow whose listener or endpoint was absent (present() is false) was removed when the pass
  // met it, or before it moved to a place the pass had left behind. mgmt reuses slots by it
  // (mgmt/publish/README.md); a worker without flow tables reports what it reads.
  Counter swept_generation;
};

struct FlowTableCounters {
  Counter entries;  // a gauge
  Counter entries_max;
  Counter inserted;
  Counter expired;
  Counter evicted;
  Counter refused;  // no room: the flow went without an entry, or was dropped
};

struct WorkerCounters {
  std::array<Counter, drops> dropped;
  std::array<InterfaceCounters, interfaces_max> interfaces;
  TurnCounters turn;
  FlowTableCounters tunnel_flows;
  FlowTableCounters nat_flows;
  // Touched where used, so memory follows use. Zero at start.
  std::unique_ptr<ListenerCounters[]> listeners =
      std::make_unique<ListenerCounters[]>(listeners_max);
  std::unique_ptr<EndpointCounters[]> endpoints =
      std::make_unique<EndpointCounters[]>(endpoints_max);
};

}  // namespace weft
