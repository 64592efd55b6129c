// Stage: sends the ICMP errors that match_icmp_error set aside to whom they concern, and ends
// their being aside. Through nat and fullnat the error and the packet it quotes are rewritten into
// what that side knows of the flow, all checksums with them: outer addresses, quoted addresses and
// ports, the quoted packet's own checksums as far as they are there (RFC 5508, 4.2; RFC 5597). To
// tunnel and direct listeners it goes as any packet does: unchanged inside the tunnel, or
// redirected.
//   ttl_expired     the error may not be forwarded once more; nobody is told
//   packet_too_big  it is larger than the way out; nobody is told
// and what forward_tunnel and forward_direct drop.
#pragma once

#include "pipelines/l4/decision.h"
#include "pipelines/l4/streams.h"

namespace weft {

void forward_errors(Burst& burst, Decisions& decisions, const RoutingPart& routing,
                    Streams& streams);

// Costs one test a burst without errors.
inline void forward_icmp_error(Burst& burst, Decisions& decisions, const RoutingPart& routing,
                               Streams& streams) {
  if (burst.aside != 0) [[unlikely]] {
    forward_errors(burst, decisions, routing, streams);
  }
}

}  // namespace weft
