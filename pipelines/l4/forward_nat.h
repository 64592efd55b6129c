// Destination NAT: writes the endpoint's address and port over the listener's, and on the way back
// the listener's over the endpoint's (RFC 3022, 4.1). With fullnat the client's side is written
// too: a source address of ours on the way there, the client's on the way back. Both families.
// Checksums are updated, never computed anew, so that damage on the way in stays visible. The TTL
// goes down by one.
#pragma once

#include "pipelines/l4/decision.h"
#include "pipelines/l4/streams.h"

namespace weft {

// For the packets of `which`, all of that direction. Requires: each is live and its rewrite_*,
// near_* (if rewrites_both) and mtu_bytes are set. Too big for mtu_bytes: refused. One
// whose stream is no longer there: dropped. `streams`: null if none of these packets has one.
template <Direction direction>
void forward_nat(Burst& burst, uint32_t which, const Decisions& decisions,
                 Streams* streams = nullptr);

}  // namespace weft
