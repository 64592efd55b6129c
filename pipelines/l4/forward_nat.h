// Destination NAT: writes the endpoint's address and port over the listener's, and on the way back
// the listener's over the endpoint's (RFC 3022, 4.1). Checksums are updated, never computed anew,
// so that damage on the way in stays visible. The TTL goes down by one.
#pragma once

#include "pipelines/l4/decision.h"

namespace weft {

// For the packets of `which`. Requires: each is live and its rewrite_* and mtu_bytes are set. Too
// big for mtu_bytes: refused.
void forward_nat(Burst& burst, uint32_t which, const Decisions& decisions);

}  // namespace weft
