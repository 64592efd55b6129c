// IPv4 header (RFC 791).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/byte_order.h"
#include "dataplane/wire/checksum.h"
#include "dataplane/wire/headers.h"
#include "dataplane/wire/ip_address.h"

namespace weft {

// A header that lies inside its bytes, with a total length that the packet has.
class Ipv4View {
 public:
  static constexpr uint32_t header_bytes_min = 20;
  static constexpr uint8_t plain_version_ihl = 0x45;  // version 4, no options
  static constexpr uint16_t reserved_flag = 0x8000;
  static constexpr uint16_t dont_fragment_flag = 0x4000;
  static constexpr uint16_t more_fragments_flag = 0x2000;
  static constexpr uint16_t fragment_offset_mask = 0x1fff;

  // `bytes`: what is in one piece; `packet_bytes`: all there is, padding included.
  static std::optional<Ipv4View> parse(std::span<const std::byte> bytes, uint32_t packet_bytes) {
    if (bytes.size() < header_bytes_min) return std::nullopt;
    const Ipv4View view(bytes);
    if (view.version() != 4 || view.header_bytes() < header_bytes_min) return std::nullopt;
    if (view.header_bytes() > bytes.size()) return std::nullopt;
    if (view.total_bytes() < view.header_bytes()) return std::nullopt;
    if (view.total_bytes() > packet_bytes) return std::nullopt;
    return view;
  }
  static std::optional<Ipv4View> parse(std::span<const std::byte> bytes) {
    return parse(bytes, static_cast<uint32_t>(bytes.size()));
  }

  uint32_t version() const { return std::to_integer<uint32_t>(bytes_[0]) >> 4; }
  uint32_t header_bytes() const { return (std::to_integer<uint32_t>(bytes_[0]) & 15) * 4; }
  uint16_t total_bytes() const { return load<be16>(&bytes_[2]).host(); }
  uint16_t identification() const { return load<be16>(&bytes_[4]).host(); }
  bool dont_fragment() const { return (fragment_word() & dont_fragment_flag) != 0; }
  bool more_fragments() const { return (fragment_word() & more_fragments_flag) != 0; }
  // In units of 8 bytes.
  uint16_t fragment_offset() const { return fragment_word() & fragment_offset_mask; }
  bool is_fragment() const { return more_fragments() || fragment_offset() != 0; }
  uint8_t ttl() const { return std::to_integer<uint8_t>(bytes_[8]); }
  uint8_t protocol() const { return std::to_integer<uint8_t>(bytes_[9]); }
  IpAddress source() const { return IpAddress::v4(load<be32>(&bytes_[12])); }
  IpAddress destination() const { return IpAddress::v4(load<be32>(&bytes_[16])); }
  std::span<const std::byte> header() const { return bytes_.first(header_bytes()); }
  std::span<const std::byte> options() const { return header().subspan(header_bytes_min); }
  // As much of it as is in one piece, without padding.
  std::span<const std::byte> payload() const {
    const std::span<const std::byte> packet =
        bytes_.first(total_bytes() < bytes_.size() ? total_bytes() : bytes_.size());
    return packet.subspan(header_bytes());
  }
  uint32_t payload_bytes() const { return total_bytes() - header_bytes(); }

 private:
  explicit Ipv4View(std::span<const std::byte> bytes) : bytes_(bytes) {}
  uint16_t fragment_word() const { return load<be16>(&bytes_[6]).host(); }
  std::span<const std::byte> bytes_;
};

enum class Ipv4Options : uint8_t { sound, malformed, source_route };

// Walks the options of a header (RFC 791, 3.1): every one but the one-byte ones has a length that
// ends inside the header. LSRR and SSRR are source routes (RFC 7126, 4.3 and 4.4: drop).
Ipv4Options check_ipv4_options(std::span<const std::byte> options);

// A header without options for a packet of our own: an atomic datagram (RFC 6864).
struct Ipv4Header {
  be32 source;
  be32 destination;
  uint16_t total_bytes = 0;
  Protocol protocol = Protocol::none;
  uint8_t ttl = 64;
  uint8_t type_of_service = 0;
};

// Writes the header with its checksum. Requires: 20 writable bytes.
// In three stores, and the sum of what is in them: that of bytes just written waits for the stores.
inline void write_ipv4_header(std::byte* to, const Ipv4Header& header) {
  constexpr uint32_t unfragmented = be32(uint32_t{Ipv4View::dont_fragment_flag}).raw;
  const uint32_t first =
      be16(static_cast<uint16_t>(Ipv4View::plain_version_ihl << 8 | header.type_of_service)).raw |
      uint32_t{be16(header.total_bytes).raw} << 16;
  const uint32_t ttl_and_protocol =
      be16(static_cast<uint16_t>(header.ttl << 8 | static_cast<uint8_t>(header.protocol))).raw;
  const uint32_t source = header.source.raw;
  const uint32_t destination = header.destination.raw;
  const uint64_t sum = uint64_t{first} + unfragmented + ttl_and_protocol + source + destination;
  const uint32_t checksum = static_cast<uint16_t>(~ones_complement::fold(sum));
  store(to, first | uint64_t{unfragmented} << 32);
  store(to + 8, ttl_and_protocol | checksum << 16 | uint64_t{source} << 32);
  store(to + 16, destination);
}

}  // namespace weft
