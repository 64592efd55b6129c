// GRE without checksum, key or sequence number (RFC 2784): four bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/base/byte_order.h"

namespace weft {

inline constexpr uint32_t gre_header_bytes = 4;
inline constexpr uint8_t gre_protocol = 47;  // of IP

// Requires: gre_header_bytes writable bytes.
inline void write_gre_header(std::byte* to, uint16_t ether_type) {
  store(to, be16(0));
  store(to + 2, be16(ether_type));
}

}  // namespace weft
