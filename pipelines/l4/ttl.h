// One hop less to go, checksum included (RFC 1812, 5.3.1; RFC 1624; RFC 8200, 3).
#pragma once

#include "dataplane/base/planted_bug.h"
#include "dataplane/wire/checksum.h"

namespace weft {

// Requires: `ip` is a header of that family whose TTL is above 1.
inline void decrement_ttl(std::byte* ip, bool v4) {
  if (planted(PlantedBug::ttl_kept)) return;
  constexpr uint32_t hop_limit_offset = 7;
  if (!v4) {
    ip[hop_limit_offset] = std::byte(std::to_integer<uint8_t>(ip[hop_limit_offset]) - 1);
    return;
  }
  constexpr uint32_t ttl_offset = 8;
  constexpr uint32_t checksum_offset = 10;
  ip[ttl_offset] = std::byte(std::to_integer<uint8_t>(ip[ttl_offset]) - 1);
  // The same edit for every packet: what counts is the difference in the word's upper byte.
  ChecksumEdit edit;
  edit.replace(be16(0x0100), be16(0));
  store(ip + checksum_offset, edit.apply(load<be16>(ip + checksum_offset)));
}

}  // namespace weft
