// IP in IP (RFC 2003): an outer IPv4 header in front of the packet, which is left as it is but for
// its TTL. The outer one carries the inner type of service (DSCP; ECN as RFC 6040's normal mode)
// and may not be fragmented: what does not fit the path is refused with the MTU that does.
#pragma once

#include "pipelines/l4/decision.h"

namespace weft {

// For the packets of `which`. Afterwards the headers' addresses and length are the outer ones.
// Requires: each is live and has its endpoint's record.
void forward_tunnel(Burst& burst, uint32_t which, const Decisions& decisions);

}  // namespace weft
