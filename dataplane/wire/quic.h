// What every version of QUIC has in common (RFC 8999): the header's form and the destination
// connection id.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace weft {

// The longest connection id of QUIC versions 1 and 2 (RFC 9000, 17.2).
inline constexpr uint32_t quic_id_bytes_max = 20;

// A packet at the start of a UDP datagram, as far as its destination connection id.
class QuicView {
 public:
  // `datagram`: the UDP payload, or as much of it as is in one piece. Nothing when it is empty or
  // ends inside the long header's connection id.
  static std::optional<QuicView> parse(std::span<const std::byte> datagram) {
    if (datagram.empty()) return std::nullopt;
    if ((datagram[0] & long_form) == std::byte{0}) {
      const std::size_t behind = datagram.size() - 1;
      return QuicView(false, datagram.subspan(1, std::min<std::size_t>(behind, quic_id_bytes_max)));
    }
    if (datagram.size() < long_id_at) return std::nullopt;
    const auto id_bytes = static_cast<std::size_t>(datagram[long_id_at - 1]);
    if (datagram.size() - long_id_at < id_bytes) return std::nullopt;
    return QuicView(true, datagram.subspan(long_id_at, id_bytes));
  }

  bool is_long() const { return long_; }
  // Of a long header the id. Of a short one, which does not say how long its id is, all that may
  // belong to it: what follows it, too, and at most quic_id_bytes_max.
  std::span<const std::byte> destination_id() const { return id_; }

 private:
  static constexpr std::byte long_form{0x80};
  static constexpr std::size_t long_id_at = 6;  // behind flags, version and the id's length

  QuicView(bool is_long, std::span<const std::byte> id) : long_(is_long), id_(id) {}

  bool long_;
  std::span<const std::byte> id_;
};

}  // namespace weft
