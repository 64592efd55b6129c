// Whether the TCP, UDP or ICMP checksum of a packet is as it was sent: reads the whole packet.
#pragma once

#include "dataplane/wire/checksum.h"
#include "dataplane/wire/headers.h"
#include "dataplane/wire/packet.h"

namespace weft {

// The sum of `count` bytes of the packet from `offset` on, through its segments.
InternetSum sum_of_bytes(Packet packet, uint32_t offset, uint32_t count);

// UDP over IPv4 without a checksum verifies. Requires: `headers` as parse_headers made them of
// `packet`, its payload transport or ICMP.
bool l4_checksum_verifies(Packet packet, const Headers& headers);

}  // namespace weft
