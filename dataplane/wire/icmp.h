// ICMP (RFC 792) and ICMPv6 (RFC 4443) messages: type, code, checksum, a word, and a body, which is
// the quoted packet for errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/byte_order.h"
#include "dataplane/wire/checksum.h"

namespace weft {

namespace icmp_type {
inline constexpr uint8_t echo_reply = 0;
inline constexpr uint8_t unreachable = 3;
inline constexpr uint8_t source_quench = 4;
inline constexpr uint8_t redirect = 5;
inline constexpr uint8_t echo = 8;
inline constexpr uint8_t time_exceeded = 11;
inline constexpr uint8_t parameter_problem = 12;
}  // namespace icmp_type

namespace icmp_unreachable {
inline constexpr uint8_t host = 1;
inline constexpr uint8_t port = 3;
inline constexpr uint8_t fragmentation_needed = 4;
}  // namespace icmp_unreachable

constexpr bool is_icmp_echo(uint8_t type) {
  return type == icmp_type::echo || type == icmp_type::echo_reply;
}
// RFC 1122, 3.2.2: which messages are errors and quote a packet.
constexpr bool is_icmp_error(uint8_t type) {
  return type == icmp_type::unreachable || type == icmp_type::source_quench ||
         type == icmp_type::redirect || type == icmp_type::time_exceeded ||
         type == icmp_type::parameter_problem;
}

// RFC 4443, 3.1 to 3.3.
namespace icmpv6_type {
inline constexpr uint8_t unreachable = 1;
inline constexpr uint8_t packet_too_big = 2;
inline constexpr uint8_t time_exceeded = 3;
inline constexpr uint8_t echo = 128;
inline constexpr uint8_t echo_reply = 129;
}  // namespace icmpv6_type

namespace icmpv6_unreachable {
inline constexpr uint8_t address = 3;
inline constexpr uint8_t port = 4;
}  // namespace icmpv6_unreachable

// RFC 4443, 2.1.
constexpr bool is_icmpv6_error(uint8_t type) {
  return type < 128;
}
constexpr bool is_icmpv6_echo(uint8_t type) {
  return type == 128 || type == 129;
}
// RFC 4861: router and neighbour solicitation and advertisement, redirect.
constexpr bool is_neighbour_discovery(uint8_t type) {
  return type >= 133 && type <= 137;
}

class IcmpView {
 public:
  static constexpr uint32_t header_bytes = 8;

  static std::optional<IcmpView> parse(std::span<const std::byte> bytes) {
    if (bytes.size() < header_bytes) return std::nullopt;
    return IcmpView(bytes);
  }
  uint8_t type() const { return std::to_integer<uint8_t>(bytes_[0]); }
  uint8_t code() const { return std::to_integer<uint8_t>(bytes_[1]); }
  // Fragmentation Needed, or Packet Too Big.
  bool says_too_big(bool v4) const {
    if (!v4) return type() == icmpv6_type::packet_too_big;
    return type() == icmp_type::unreachable && code() == icmp_unreachable::fragmentation_needed;
  }
  // Of an error: a next hop's MTU, if anything (RFC 1191, 4; RFC 4443, 3.2).
  uint32_t rest() const { return load<be32>(&bytes_[4]).host(); }

 private:
  explicit IcmpView(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

// Writes the header of an ICMP error in front of its quote. `next_hop_mtu_bytes` of Fragmentation
// Needed (RFC 1191, 4) or Packet Too Big (RFC 4443, 3.2), which have it in the same place;
// otherwise 0. `pseudo_header` of ICMPv6 only. Requires: `message` is the header and all of the
// quote.
void write_icmp_error(std::span<std::byte> message, uint8_t type, uint8_t code,
                      uint16_t next_hop_mtu_bytes, const InternetSum& pseudo_header = {});

}  // namespace weft
