// Stage: the handshake with the endpoint of a flow that began by a cookie. The client has its
// answer already, and takes the connection for open.
//
//   the client's      until the endpoint has answered: data and FIN are held once
//   (held_segments.h),
//                     everything else becomes the client's SYN again
//   the endpoint's    SYN-ACK becomes the client's ACK of it, and from then on numbers are shifted;
//                     a reset goes to the client with the number that it waits for
//
//   l4_checksum_wrong  damaged: nothing is learned from it, and nothing made of it
//   handshake_failed   the endpoint has no timestamps, and the client was promised some (both sides
//                      are reset), or had reset the connection before; or the listener is gone
#pragma once

#include "dataplane/base/clock.h"
#include "pipelines/l4/decision.h"
#include "pipelines/l4/held_segments.h"
#include "pipelines/l4/streams.h"

namespace weft {

void open_streams(Burst& burst, Decisions& decisions, const Snapshot& snapshot, Streams& streams,
                  HeldSegments& held, Instant now);

// Costs one test a burst while no flow of the worker is in such a handshake.
inline void open_stream(Burst& burst, Decisions& decisions, const Snapshot& snapshot,
                        Streams& streams, HeldSegments& held, Instant now) {
  if (streams.unsettled() != 0) [[unlikely]] {
    open_streams(burst, decisions, snapshot, streams, held, now);
  }
}

}  // namespace weft
