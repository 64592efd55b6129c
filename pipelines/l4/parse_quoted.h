// The packet that an ICMP error quotes: whose flow the error is about.
#pragma once

#include <optional>

#include "dataplane/wire/headers.h"
#include "dataplane/wire/packet.h"

namespace weft {

// The quoted packet's headers, if the quote reaches the ports of TCP or UDP or the identifier of an
// ICMP query (8 bytes behind the quoted IP header and its extensions, RFC 792).
// Lengths are those of the quote, which is mostly shorter than the packet was; tcp_flags is not
// set. The quoted checksums are not looked at: routers on the way may have left them wrong.
// Requires: `headers` as parse_headers made them of `packet`.
std::optional<Headers> parse_quoted(Packet packet, const Headers& headers);

}  // namespace weft
