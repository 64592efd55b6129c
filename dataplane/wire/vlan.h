// IEEE 802.1Q tag, as it follows the addresses of an Ethernet header: its type has been read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/byte_order.h"

namespace weft {

class VlanView {
 public:
  static constexpr uint32_t header_bytes = 4;  // tag control and the EtherType that follows
  static constexpr uint16_t id_mask = 0x0fff;

  static std::optional<VlanView> parse(std::span<const std::byte> bytes) {
    if (bytes.size() < header_bytes) return std::nullopt;
    return VlanView(bytes);
  }
  uint16_t id() const { return load<be16>(&bytes_[0]).host() & id_mask; }  // 0: priority only
  uint16_t ether_type() const { return load<be16>(&bytes_[2]).host(); }

 private:
  explicit VlanView(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

}  // namespace weft
