// Stage: rewrites, encapsulates or redirects each packet, and counts it. The mode's own file says
// what it does: forward_nat (nat, fullnat), forward_tunnel (ipip, gue, gre), forward_direct.
//   ttl_expired        the packet may not be forwarded once more (time exceeded)
//   packet_too_big     for the tunnel or the next hop's link (Fragmentation Needed, Packet Too
//   Big).
//                      Also without DF, where RFC 791 has a router fragment: receivers would have
//                      to reassemble; the sender learns the size.
//   no_headroom        the buffer has no room for the outer header
//   no_source_address  a tunnel whose interface has no address of the endpoint's family
//   not_on_link        direct, and the endpoint is behind a router
#pragma once

#include "pipelines/l4/decision.h"
#include "pipelines/l4/streams.h"
#include "pipelines/worker_counters.h"

namespace weft {

void forward(Burst& burst, Decisions& decisions, const RoutingPart& routing, Streams& streams,
             WorkerCounters& counters);

}  // namespace weft
