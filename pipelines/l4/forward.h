// Stage: rewrites (nat) or encapsulates (ipip) each packet, and counts it. The mode's own file says
// what it does: forward_nat, forward_tunnel.
//   ttl_expired     the packet may not be forwarded once more (time exceeded)
//   packet_too_big  for the tunnel or the next hop's link (Fragmentation Needed). Also without DF,
//                   where RFC 791 has a router fragment: receivers would have to reassemble, and a
//                   listener takes no fragments either; the sender learns the size.
//   no_headroom     the buffer has no room for the outer header
#pragma once

#include "pipelines/l4/decision.h"
#include "pipelines/worker_counters.h"

namespace weft {

void forward(Burst& burst, Decisions& decisions, const RoutingPart& routing,
             WorkerCounters& counters);

}  // namespace weft
