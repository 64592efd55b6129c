// Translates the segments of a stream (streams.h): what either side counts becomes what the other
// one does, in the header, in SACK blocks and in what ICMP errors quote. And puts the header of the
// PROXY protocol in front of the first byte that the client sends:
//
//   the client's      becomes
//   SYN               itself, without data and without asking for TCP Fast Open
//   first ACK         the header as payload, at the sequence number after the SYN; so does each
//                     further one of that number until the endpoint has acknowledged the header
//   first data        by then the header and the data, where both fit the way: by its MTU, and
//   until
//                     an error says that they do not. Else the data alone if the header went
//                     before, and the next time the header alone, in turns: the client sends what
//                     is missing again
//   everything else   the same, its number shifted by the header's length
//
// An endpoint that answers another SYN than the one that a stream began with has begun another
// connection, to which all of this applies again.
//
// An endpoint's acknowledgement of a part of the header acknowledges nothing to the client. What a
// segment says to the stream itself counts only if its checksum is right: a damaged number, which
// nobody else believes, would stay.
#pragma once

#include <cstddef>
#include <span>

#include "dataplane/wire/checksum.h"
#include "dataplane/wire/headers.h"
#include "dataplane/wire/packet.h"
#include "pipelines/l4/streams.h"

namespace weft {

// Makes a stream carry the header; the phase is the caller's: open of a flow that is seen first in
// mid-flow, whose header is taken to have arrived. Requires: is_proxy(version).
void carry_header(Stream& stream, ClientAddress version, const StreamSides& sides);

// Of a packet on its way to the endpoint, or to the client, before its addresses are rewritten.
// Requires: a whole TCP segment or the first piece of one, `headers` as parse_headers made them.
// `mtu_bytes` 0: unknown.
void shift_to_endpoint(Packet packet, Headers& headers, Stream& stream, uint16_t mtu_bytes);
void shift_to_client(Packet packet, const Headers& headers, Stream& stream);

// A router says that what was sent to the endpoint is too big for it. The client hears how large
// its segments may be, and knows of no header.
void hear_too_big(Stream& stream);

// What an error quotes of a TCP segment, on its way to the client or the endpoint: the numbers are
// again what the error's receiver sent, of the header those of the client's first byte. `edit`:
// what that means to checksums over it.
void shift_quoted(std::span<std::byte> l4, const Stream& stream, Direction direction,
                  ChecksumEdit& edit);

}  // namespace weft
