// The TCP option TOA: which client a fullnat flow is from, for endpoints whose kernel reads it. The
// option has kind 254 and holds the client's port and address: 8 bytes for IPv4, 20 for IPv6, as
// the toa kernel modules of IPVS and DPVS know it. (Kind 254 is RFC 4727's for experiments.)
#pragma once

#include "dataplane/wire/headers.h"
#include "dataplane/wire/packet.h"

namespace weft {

inline constexpr uint8_t toa_kind = 254;

// Bytes of the option for a client of that family.
constexpr uint32_t toa_bytes(bool v4) {
  return v4 ? 8 : 20;
}

// Puts the packet's source behind its TCP options; lengths and checksums follow. One that the
// client sent becomes padding in any case. False, and the packet is otherwise as it was: the header
// has no room for it, or the buffer none in front, or the packet would be larger than `mtu_bytes`
// (0: unknown). Requires: a whole TCP segment or the first piece of one, `headers` as parse_headers
// made them.
bool add_client_address(Packet packet, Headers& headers, uint16_t mtu_bytes);

}  // namespace weft
