// IPv6 fixed header (RFC 8200) and the extension headers behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/byte_order.h"
#include "dataplane/wire/headers.h"
#include "dataplane/wire/ip_address.h"

namespace weft {

namespace ipv6_next {
inline constexpr uint8_t hop_by_hop = 0;
inline constexpr uint8_t routing = 43;
inline constexpr uint8_t fragment = 44;
inline constexpr uint8_t authentication = 51;
inline constexpr uint8_t destination_options = 60;
}  // namespace ipv6_next

// A header that lies inside its bytes, with a payload length that the packet has.
class Ipv6View {
 public:
  static constexpr uint32_t header_bytes = 40;

  // `bytes`: what is in one piece; `packet_bytes`: all there is, padding included.
  static std::optional<Ipv6View> parse(std::span<const std::byte> bytes, uint32_t packet_bytes) {
    if (bytes.size() < header_bytes) return std::nullopt;
    const Ipv6View view(bytes);
    if (view.version() != 6 || view.total_bytes() > packet_bytes) return std::nullopt;
    return view;
  }

  uint32_t version() const { return std::to_integer<uint32_t>(bytes_[0]) >> 4; }
  uint32_t payload_bytes() const { return load<be16>(&bytes_[4]).host(); }
  uint32_t total_bytes() const { return header_bytes + payload_bytes(); }
  uint8_t next_header() const { return std::to_integer<uint8_t>(bytes_[6]); }
  uint8_t hop_limit() const { return std::to_integer<uint8_t>(bytes_[7]); }
  IpAddress source() const { return IpAddress::v6(&bytes_[8]); }
  IpAddress destination() const { return IpAddress::v6(&bytes_[24]); }
  // As much of it as is in one piece, without padding.
  std::span<const std::byte> payload() const {
    return bytes_.first(total_bytes() < bytes_.size() ? total_bytes() : bytes_.size())
        .subspan(header_bytes);
  }

 private:
  explicit Ipv6View(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

// How far extension headers are walked. Nobody honest sends as many (RFC 7872, 8504): the bounds
// keep what one packet costs from being its sender's choice.
struct Ipv6ExtensionLimits {
  static constexpr uint32_t headers_max = 8;
  static constexpr uint32_t bytes_max = 256;
};

// The extension headers of a packet, from the first to what they end in: an upper-layer protocol,
// one that is not an extension (ESP, none), or any piece of a datagram but its first.
struct Ipv6Extensions {
  enum class Verdict : uint8_t {
    sound,
    cut_off,       // a header is not inside its bytes
    misplaced,     // hop-by-hop options that do not come first, a second fragment header
    source_route,  // of type 0 (RFC 5095), or with segments still to visit: not at its destination
    too_long,      // beyond Ipv6ExtensionLimits
  };

  Verdict verdict = Verdict::sound;
  uint8_t next_header = 0;  // of what follows them
  uint16_t bytes = 0;       // of all of them
  // Of the fragment header (RFC 8200, 4.5).
  bool more_fragments = false;
  uint16_t fragment_offset_bytes = 0;
  uint32_t identification = 0;
  uint16_t fragment_header_end_bytes = 0;  // what is in pieces begins here

  // A whole datagram may have a fragment header, too (RFC 6946).
  bool is_fragment() const { return more_fragments || fragment_offset_bytes != 0; }
};

// `first`: the IPv6 header's next header; `payload`: what is there behind it, in one piece.
Ipv6Extensions walk_ipv6_extensions(uint8_t first, std::span<const std::byte> payload);

constexpr bool is_ipv6_extension(uint8_t next_header) {
  return next_header == ipv6_next::hop_by_hop || next_header == ipv6_next::routing ||
         next_header == ipv6_next::fragment || next_header == ipv6_next::authentication ||
         next_header == ipv6_next::destination_options;
}

// A header without extensions for a packet of our own.
struct Ipv6Header {
  IpAddress source;
  IpAddress destination;
  uint16_t payload_bytes = 0;
  Protocol protocol = Protocol::none;
  uint8_t hop_limit = 64;
};

// Requires: 40 writable bytes.
void write_ipv6_header(std::byte* to, const Ipv6Header& header);

}  // namespace weft
