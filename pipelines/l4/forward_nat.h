// Destination NAT: writes the endpoint's address and port over the listener's, and on the way back
// the listener's over the endpoint's (RFC 3022, 4.1). Checksums are updated, never computed anew,
// so that damage on the way in stays visible. The TTL goes down by one.
#pragma once

#include "pipelines/l4/decision.h"

namespace weft {

// Requires: decision.rewrite_* is set. Too big for mtu_bytes (0: unknown): refused.
void forward_nat(Burst& burst, uint32_t i, const Decision& decision, uint16_t mtu_bytes);

}  // namespace weft
