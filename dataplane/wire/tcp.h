// TCP header (RFC 9293, 3.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/byte_order.h"
#include "dataplane/wire/checksum.h"
#include "dataplane/wire/headers.h"

namespace weft {

// A header whose data offset lies inside its bytes.
class TcpView {
 public:
  static constexpr uint32_t header_bytes_min = 20;

  static std::optional<TcpView> parse(std::span<const std::byte> bytes) {
    if (bytes.size() < header_bytes_min) return std::nullopt;
    const TcpView view(bytes);
    if (view.header_bytes() < header_bytes_min || view.header_bytes() > bytes.size()) {
      return std::nullopt;
    }
    return view;
  }

  be16 source_port() const { return load<be16>(&bytes_[0]); }
  be16 destination_port() const { return load<be16>(&bytes_[2]); }
  uint32_t sequence() const { return load<be32>(&bytes_[4]).host(); }
  uint32_t acknowledgment() const { return load<be32>(&bytes_[8]).host(); }
  uint32_t header_bytes() const { return std::to_integer<uint32_t>(bytes_[12]) / 16 * 4; }
  uint8_t flags() const { return std::to_integer<uint8_t>(bytes_[13]); }

 private:
  explicit TcpView(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

// A header for a segment of our own.
struct TcpHeader {
  be16 source_port;
  be16 destination_port;
  uint32_t sequence = 0;
  uint32_t acknowledgment = 0;
  uint8_t flags = 0;
  uint16_t window = 0;
  std::span<const std::byte> options = {};  // of whole words, 40 bytes at most

  uint32_t bytes() const {
    return TcpView::header_bytes_min + static_cast<uint32_t>(options.size());
  }
};

// Writes the header of a segment without payload. Requires: header.bytes() writable bytes.
void write_tcp_header(std::byte* to, const TcpHeader& header, InternetSum pseudo_header);

// Neither "no flags" nor SYN with FIN or RST: no stack sends those, and they tell stacks apart.
constexpr bool tcp_flags_valid(uint8_t flags) {
  constexpr uint64_t valid = [] {
    uint64_t bits = 0;
    for (uint8_t f = 1; f < 64; ++f) {  // FIN to URG; ECE and CWR do not matter
      const bool syn_and_end =
          (f & tcp_flag::syn) != 0 && (f & (tcp_flag::fin | tcp_flag::rst)) != 0;
      bits |= uint64_t{!syn_and_end} << f;
    }
    return bits;
  }();
  return (valid >> (flags & 63) & 1) != 0;
}

}  // namespace weft
