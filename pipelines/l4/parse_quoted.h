// The packet that an ICMP error quotes: whose flow the error is about.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "dataplane/wire/headers.h"
#include "dataplane/wire/packet.h"

namespace weft {

// The quoted packet's headers, if the quote reaches the ports of TCP or UDP or the identifier of an
// ICMP query (8 bytes behind the quoted IP header and its extensions, RFC 792).
// Lengths are those of the quote, which is mostly shorter than the packet was; tcp_flags is not
// set. The quoted checksums are not looked at: routers on the way may have left them wrong.
// Requires: `headers` as parse_headers made them of `packet`.
std::optional<Headers> parse_quoted(Packet packet, const Headers& headers);

// The same with both ends exchanged: so would a packet of that flow look that came the error's way.
std::optional<Headers> parse_quoted_reversed(Packet packet, const Headers& headers);

// The headers of a packet of which `bytes` are the beginning, as above; `offset`: of these bytes,
// as Headers count them.
std::optional<Headers> parse_beginning(std::span<const std::byte> bytes, uint16_t offset, bool v4);

}  // namespace weft
