// What one worker counts: it writes, mgmt reads (relaxed), nothing is ever locked or reset. By
// listener and endpoint slot, so that counts outlive snapshots; mgmt remembers the value at which a
// slot got a new generation.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/base/counters.h"
#include "dataplane/base/ids.h"
#include "dataplane/table/huge_array.h"
#include "dataplane/worker/counters.h"

namespace weft {

struct alignas(32) ListenerCounters {
  Counter packets;  // towards endpoints and, for nat, back
  Counter bytes;    // of IP, as received
  Counter flows;    // ever created
  Counter drops;
};

struct alignas(16) QuicCounters {  // of a listener
  Counter routed;                  // packets to the endpoint that their connection id names
  Counter unknown;                 // short-header packets whose id names no endpoint that is up
};

struct alignas(32) EndpointCounters {
  Counter packets;
  Counter bytes;
  Counter flows;         // ever created
  Counter flows_active;  // a gauge
};

struct FlowTableCounters {
  Counter entries;  // a gauge
  Counter entries_max;
  Counter inserted;
  Counter expired;
  Counter evicted;
  Counter refused;  // no room: the flow went without an entry, or was dropped
};

struct AttackCounters {
  Counter under_attack;     // a gauge, 0 or 1
  Counter attacks;          // that began
  Counter unremembered;     // packets of flows that got no entry
  Counter cookies;          // SYNs that were answered by one
  Counter flows_by_cookie;  // that began when it came back
};

struct StreamCounters {  // TCP connections whose two sides count differently
  Counter entries;       // a gauge
  Counter entries_max;
  Counter refused;  // no room
};

struct AtRiskCounters {
  Counter flows;   // a gauge: what the last pass found
  Counter passes;  // over all flows
};

struct WorkerCounters {
  DropCounters dropped;
  std::array<InterfaceCounters, interfaces_max> interfaces;
  TurnCounters turn;
  FlowTableCounters tunnel4_flows;
  FlowTableCounters tunnel6_flows;
  FlowTableCounters nat4_flows;
  FlowTableCounters nat6_flows;
  StreamCounters streams;
  AttackCounters attack;
  AtRiskCounters at_risk;
  // Touched where used, so memory follows use. Zero at start.
  HugeArray<ListenerCounters> listeners{listeners_max};
  HugeArray<QuicCounters> quic{listeners_max};
  HugeArray<EndpointCounters> endpoints{endpoints_max};

  // What the worker's loop writes of them.
  LoopCounters loop() { return {dropped, interfaces, turn}; }
  // Entries that the worker's tables hold (a fullnat flow has two); any thread.
  uint64_t flows_active() const {
    return tunnel4_flows.entries.read() + tunnel6_flows.entries.read() + nat4_flows.entries.read() +
           nat6_flows.entries.read();
  }
};

}  // namespace weft
