// Direct server return by MAC address: the packet stays as it is but for its TTL and goes to the
// endpoint's link address. The endpoint has the listener's address on a loopback and answers the
// client itself. Any family: the endpoint's address only says which station it is.
#pragma once

#include "pipelines/l4/decision.h"

namespace weft {

// For the packets of `which`. Requires: each is live and has its endpoint's record. Behind a
// router: dropped (not_on_link). Too big for the link: refused.
void forward_direct(Burst& burst, uint32_t which, Decisions& decisions);

}  // namespace weft
