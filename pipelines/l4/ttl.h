// One hop less to go, checksum included (RFC 1812, 5.3.1; RFC 1624).
#pragma once

#include "dataplane/wire/checksum.h"

namespace weft {

// Requires: `ip` is an IPv4 header whose TTL is above 1.
inline void decrement_ttl(std::byte* ip) {
  constexpr uint32_t ttl_offset = 8;
  constexpr uint32_t checksum_offset = 10;
  const be16 before = load<be16>(ip + ttl_offset);  // with the protocol
  const be16 after(static_cast<uint16_t>(before.host() - 0x100));
  store(ip + ttl_offset, after);
  ChecksumEdit edit;
  edit.replace(before, after);
  store(ip + checksum_offset, edit.apply(load<be16>(ip + checksum_offset)));
}

}  // namespace weft
