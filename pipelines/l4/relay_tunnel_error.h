// Stage: a router on the way to a tunnel's end says that a packet of ours was too big. Only who
// sent the packet inside can send smaller ones: where the quote reaches that far, the error is
// turned into that packet, refused as if it had been too big here, and answer tells its sender the
// MTU less what the tunnel adds (RFC 2003, 5.1; RFC 2473, 8.2). Other errors of tunnels are of no
// use to senders; they stay what they are.
//   packet_too_big  the packet inside, of which its sender is told
// Runs before match_listener, since the outer source may be an address that is the kernel's.
#pragma once

#include "dataplane/wire/burst.h"
#include "pipelines/snapshot.h"

namespace weft {

void relay_errors(Burst& burst, const ListenerTable& listeners);

// Requires: parse_headers ran. Costs one test a burst without ICMP.
inline void relay_tunnel_error(Burst& burst, const ListenerTable& listeners) {
  if (burst.icmp != 0) [[unlikely]] {
    relay_errors(burst, listeners);
  }
}

}  // namespace weft
