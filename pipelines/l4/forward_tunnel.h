// A header of ours in front of the packet, which is left as it is but for its TTL. Either family
// inside either family:
//   ipip  IP in IP (RFC 2003, RFC 2473, RFC 4213)
//   gre   with a GRE header between (RFC 2784, RFC 7676)
//   gue   with a UDP header between (wire/gue.h). Over IPv4 its checksum is left out; over IPv6 it
//   is
//         computed, since receivers drop UDP without one there.
// The outer header carries the inner type of service (DSCP; ECN as RFC 6040's normal mode) and may
// not be fragmented: what does not fit the path is refused with the MTU that does.
//
// So that receivers and routers spread the flows of a tunnel, what they hash differs by flow: the
// outer source address where source_addresses give a choice, the IPv6 flow label (RFC 6438), gue's
// source port.
#pragma once

#include "pipelines/l4/decision.h"

namespace weft {

// What the mode puts in front of a packet; 0 if it is no tunnel.
uint32_t tunnel_bytes(Forward mode, bool outer_v4);

// For the packets of `which`. Afterwards the headers' addresses, length and family are the outer
// ones. Requires: each is live and has its endpoint's record.
void forward_tunnel(Burst& burst, uint32_t which, const Decisions& decisions);

}  // namespace weft
