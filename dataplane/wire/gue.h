// Generic UDP Encapsulation, variant 1 (draft-ietf-intarea-gue, 4): an IP packet straight behind a
// UDP header; the first bits of the packet say its version. What Katran sends and Linux's fou
// takes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/base/byte_order.h"

namespace weft {

inline constexpr uint32_t gue_header_bytes = 8;
inline constexpr uint16_t gue_port = 6080;
inline constexpr uint32_t gue_checksum_offset = 6;

// The UDP header, its checksum 0. The source port is one of the upper quarter (RFC 7510, 3), as
// `entropy` says. Requires: gue_header_bytes writable bytes.
inline void write_gue_header(std::byte* to, uint16_t udp_bytes, uint32_t entropy) {
  store(to, be16(static_cast<uint16_t>(0xc000 | (entropy & 0x3fff))));
  store(to + 2, be16(gue_port));
  store(to + 4, be16(udp_bytes));
  store(to + gue_checksum_offset, be16(0));
}

}  // namespace weft
