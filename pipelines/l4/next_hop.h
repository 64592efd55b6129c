// Stage: writes the link header of the next hop, cuts Ethernet padding off, and sends the packet
// to its interface. Nothing is live afterwards.
//   no_route             the kernel has no route to the destination
//   held                 the neighbour's MAC address is not known yet; mgmt is told
//   next_hop_unresolved  the same, and there is no room to wait
//   no_headroom          the buffer has no room for the link header
#pragma once

#include "pipelines/l4/decision.h"
#include "pipelines/l4/neighbour_wishes.h"
#include "pipelines/l4/waiting_packets.h"

namespace weft {

struct Way {
  uint32_t next_hop = 0;   // index into RoutingPart::next_hops; 0: unresolved
  uint16_t mtu_bytes = 0;  // 0: no route
  Neighbour neighbour;
};

// By the kernel's routes and neighbours.
Way find_way(const RoutingPart& routing, const IpAddress& destination);

void next_hop(Burst& burst, const Decisions& decisions, const RoutingPart& routing,
              NeighbourWishes& wishes, WaitingPackets& waiting, Instant now);

}  // namespace weft
