// Stage: gives every piece of a datagram the ports of its first piece, so that all of them go where
// that one goes: to one worker, one flow, one endpoint (ARCHITECTURE.md, decision 6).
//
//   piece on any worker --> the datagram's worker --> the flow's owner
//                           a hash of source,         by ports, as any packet; they go
//                           destination and id        along with the hand-off
//
// Pieces that come before the first one wait at the datagram's worker; L4::release lets them go.
// Runs before match_listener, for which a piece with ports is like any packet. Pieces to the
// host's own addresses are the kernel's. Costs one test a burst without pieces.
//   fragment_overlap     a piece lies over the first one, or a second first one says otherwise
//   fragment_table_full  no place to wait for the first piece, or driven out of it
//   fragment_timeout     the first piece did not come in time
// Not done: following past the first piece. Whether later pieces lie over each other is the
// receiver's to see: they decide nothing here.
#pragma once

#include "dataplane/base/keyed_hash.h"
#include "pipelines/l4/fragments.h"
#include "pipelines/snapshot.h"

namespace weft {

void follow_pieces(Burst& burst, Fragments& fragments, const PolicyPart& policy,
                   const KeyedHash& hash, uint16_t self, Instant now);

// Requires: parse_headers ran. `hash` is the same in all workers of a gateway.
inline void follow_fragments(Burst& burst, Fragments& fragments, const PolicyPart& policy,
                             const KeyedHash& hash, uint16_t self, Instant now) {
  if (burst.fragments != 0) [[unlikely]] {
    follow_pieces(burst, fragments, policy, hash, self, now);
  }
}

}  // namespace weft
