// IPv6 fixed header (RFC 8200) and fragment header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/byte_order.h"
#include "dataplane/wire/ip_address.h"

namespace weft {

namespace ipv6_next {
inline constexpr uint8_t routing = 43;
inline constexpr uint8_t fragment = 44;
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

// RFC 8200, 4.5.
class Ipv6FragmentView {
 public:
  static constexpr uint32_t header_bytes = 8;

  static std::optional<Ipv6FragmentView> parse(std::span<const std::byte> bytes) {
    if (bytes.size() < header_bytes) return std::nullopt;
    return Ipv6FragmentView(bytes);
  }
  uint8_t next_header() const { return std::to_integer<uint8_t>(bytes_[0]); }
  uint32_t identification() const { return load<be32>(&bytes_[4]).host(); }

 private:
  explicit Ipv6FragmentView(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

}  // namespace weft
