// Stage: gives every packet to a listener an endpoint. A known flow keeps its own unless that is
// down; then on_endpoint_down decides, except that a flow without a connection yet (a SYN, UDP) is
// always moved. A new flow, and a TCP packet in mid-flow without an entry, gets the first choice
// of its hash that takes new flows (ARCHITECTURE.md, decision 8), and an entry; but a packet in
// mid-flow, which another gateway picked for, goes where a peer of the fleet said that the flow is,
// or by the table before a change of the set as long as there is one, and no limit holds it up. A
// listener with `udp = "per-packet"` has no flows: each datagram is spread by itself. What a QUIC
// connection id names goes before all of it: the entry is made, or moved, accordingly.
//   no_endpoint         no endpoint of the cluster takes new flows (reset or unreachable)
//   endpoints_full      those that were tried have all the flows they may (reset or unreachable)
//   endpoint_down       on_endpoint_down = "reset" (reset)
//   stopping            a new flow after the gateway stopped taking them (reset or unreachable)
//   new_flow_rate, source_new_flow_rate, listener_flows_full, source_flows_full
//                       the listener takes no more flows, or no more of this client (flow_limits.h)
//   flow_table_full     nat without an entry, where the reply could not be told apart
//   streams_full        fullnat with a PROXY header: no room to remember that the two sides differ
//   no_source_address   fullnat: the interface towards the endpoint has no source_addresses
//   source_ports_full   fullnat: no free source address and port was found for the endpoint
//   nat_tuple_conflict  this client already talks to every candidate through another listener
#pragma once

#include "pipelines/endpoint_states.h"
#include "pipelines/l4/decision.h"
#include "pipelines/l4/flows.h"
#include "pipelines/l4/pick_source.h"

namespace weft {

// How many choices of a hash are tried before the endpoints are walked through in order.
inline constexpr uint32_t hash_choices_max = 16;
// How many are walked through when some of those were full: as long as that lasts it happens to
// every new flow.
inline constexpr uint32_t full_walk_max = 64;

// The hash of which a flow's endpoint is chosen. `seed` is PolicyPart::hash_seed.
uint64_t flow_hash(const Headers& headers, HashOn on, uint64_t seed);

// Choice 0, 1, ... of a flow hash, for Maglev::pick.
constexpr uint32_t hash_choice(uint64_t hash, uint32_t choice) {
  uint64_t h = hash + choice * 0x9e3779b97f4a7c15u;
  if (choice != 0) h = (h ^ h >> 31) * 0xbf58476d1ce4e5b9u;
  return static_cast<uint32_t>(h >> 32);
}

// The endpoint that a flow without an entry has: the first of its choices that is healthy. None if
// there is none among the first hash_choices_max.
EndpointSlot first_choice(const Headers& headers, const ListenerPolicy& listener,
                          const Snapshot& snapshot, const EndpointStates& states);

// Where a peer of the fleet has the flow, if that endpoint is here too and not down; `peers` may be
// null.
EndpointSlot told_by_peer(const Headers& headers, const Snapshot& snapshot,
                          const EndpointStates& states, const PeerFlows* peers);

void pick_endpoint(Burst& burst, Decisions& decisions, const Snapshot& snapshot,
                   const EndpointStates& states, Flows& flows, const SourcePicker& sources,
                   bool refuse_new_flows);

}  // namespace weft
