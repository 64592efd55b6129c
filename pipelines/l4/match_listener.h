// Stage: finds the listener a packet came to, or whose address its destination is otherwise.
//   kept      to a listener (Direction::to_endpoint), or to nobody of ours or a source address:
//             perhaps an endpoint's reply (to_client)
//   twin      not IP, to the host's own addresses, ICMP echo to a worker's address
// Packets to a worker's address without a listener are kept for `admit`, which refuses them.
#pragma once

#include "pipelines/l4/decision.h"

namespace weft {

// The listener of a packet's destination address, protocol and port; null: there is none.
// Requires: has_ports(headers).
const ListenerSlot* find_listener(const ListenerTable& table, const Headers& headers);

void match_listener(Burst& burst, Decisions& decisions, const ListenerTable& table);

}  // namespace weft
