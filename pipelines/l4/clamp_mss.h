// Stage: lowers the MSS that SYNs announce for a listener with `mss_clamp_bytes` (RFC 9293, 3.7.1),
// so that segments fit the way to the endpoint without path MTU discovery. A SYN limits what the
// endpoint sends, its SYN-ACK what the client sends; past a tunnel or direct listener only the
// former comes through here. A SYN without the option is not given one: its sender assumes 536 or
// 1220 bytes. A SYN that is refused afterwards (its TTL, its size) is quoted with the lower MSS.
#pragma once

#include "pipelines/l4/decision.h"

namespace weft {

void clamp_segments(Burst& burst, const Decisions& decisions, const Snapshot& snapshot);

// Requires: pick_endpoint ran. Costs one test a burst where no listener asks for it.
inline void clamp_mss(Burst& burst, const Decisions& decisions, const Snapshot& snapshot) {
  if (snapshot.policy->clamps_mss) [[unlikely]] {
    clamp_segments(burst, decisions, snapshot);
  }
}

}  // namespace weft
