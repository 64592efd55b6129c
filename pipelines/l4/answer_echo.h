// Stage: answers ICMP and ICMPv6 echoes to listeners' addresses (RFC 792; RFC 4443, 4.2), in the
// same buffer, and sets the reply aside until forward_icmp_error: it is on its way out. The kernel
// does not know the addresses of listeners on a prefix, and a ping should say what a client sees.
// Echoes in pieces and echo replies go to the twin: the kernel reassembles and answers for the
// addresses that it has.
#pragma once

#include "pipelines/l4/decision.h"

namespace weft {

void answer_echoes(Burst& burst, const Decisions& decisions);

// Requires: match_listener ran. Costs one test a burst without ICMP.
inline void answer_echo(Burst& burst, const Decisions& decisions) {
  if (burst.icmp != 0) [[unlikely]] {
    answer_echoes(burst, decisions);
  }
}

}  // namespace weft
