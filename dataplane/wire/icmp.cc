#include "dataplane/wire/icmp.h"

namespace weft {

void write_icmp_error(std::span<std::byte> message, uint8_t type, uint8_t code,
                      uint16_t next_hop_mtu_bytes, const InternetSum& pseudo_header) {
  message[0] = std::byte{type};
  message[1] = std::byte{code};
  store(&message[2], be16(0));
  store(&message[4], be32(next_hop_mtu_bytes));
  store(&message[2], InternetSum(pseudo_header).add(message).checksum());
}

}  // namespace weft
