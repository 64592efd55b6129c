// TCP segments as a whole: one of our own in a packet's place, payload put in or taken off.
// Checksums are corrected where bytes of the sender's remain, so that damage stays visible.
#pragma once

#include <cstddef>
#include <span>

#include "dataplane/wire/headers.h"
#include "dataplane/wire/packet.h"
#include "dataplane/wire/tcp.h"

namespace weft {

// Frees all but the first segment of the buffer.
void free_further_segments(Packet packet);

struct Ends {
  IpAddress source;
  IpAddress destination;
};

// The packet becomes this segment, without payload, under a fresh IP header; `headers` are its own.
// False: the buffer has no room, and the packet is as it was. Requires: `header.options` lie
// elsewhere.
bool make_segment(Packet packet, Headers& headers, const Ends& ends, const TcpHeader& header);

// The payload's bytes. Requires (of all below): a whole TCP segment, `headers` are its own.
uint32_t payload_bytes(Packet packet, const Headers& headers);
std::span<std::byte> tcp_header(Packet packet, const Headers& headers);

// Takes the payload off.
void cut_payload(Packet packet, Headers& headers);
// Puts bytes in front of the payload. False: the buffer has no room, and nothing changed.
bool prepend_payload(Packet packet, Headers& headers, std::span<const std::byte> bytes);

}  // namespace weft
