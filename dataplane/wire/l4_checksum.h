// Whether the TCP, UDP or ICMP checksum of a packet is as it was sent: reads the whole packet.
#pragma once

#include "dataplane/wire/headers.h"
#include "dataplane/wire/packet.h"

namespace weft {

// UDP over IPv4 without a checksum verifies. Requires: `headers` as parse_headers made them of
// `packet`, its payload transport or ICMP.
bool l4_checksum_verifies(Packet packet, const Headers& headers);

}  // namespace weft
