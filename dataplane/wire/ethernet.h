// Ethernet II (IEEE 802.3) header. A view cannot fail once it is parsed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/byte_order.h"

namespace weft {

using MacAddress = std::array<uint8_t, 6>;

namespace ether_type {
inline constexpr uint16_t first = 0x0600;  // below: the length of an IEEE 802.3 frame
inline constexpr uint16_t ipv4 = 0x0800;
inline constexpr uint16_t arp = 0x0806;
inline constexpr uint16_t vlan = 0x8100;
inline constexpr uint16_t ipv6 = 0x86dd;
inline constexpr uint16_t slow_protocols = 0x8809;  // LACP
inline constexpr uint16_t eapol = 0x888e;
inline constexpr uint16_t service_vlan = 0x88a8;
inline constexpr uint16_t lldp = 0x88cc;
inline constexpr uint16_t ptp = 0x88f7;
}  // namespace ether_type

class EthernetView {
 public:
  static constexpr uint32_t header_bytes = 14;

  static std::optional<EthernetView> parse(std::span<const std::byte> bytes) {
    if (bytes.size() < header_bytes) return std::nullopt;
    return EthernetView(bytes);
  }
  MacAddress destination() const { return load<MacAddress>(&bytes_[0]); }
  MacAddress source() const { return load<MacAddress>(&bytes_[6]); }
  // Multicast and broadcast.
  bool to_group() const { return (bytes_[0] & std::byte{1}) != std::byte{0}; }
  uint16_t ether_type() const { return load<be16>(&bytes_[12]).host(); }

 private:
  explicit EthernetView(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

}  // namespace weft
