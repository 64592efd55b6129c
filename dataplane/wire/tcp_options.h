// The options of a TCP header (RFC 9293, 3.1; RFC 7323; RFC 2018), and edits of a header whose
// checksum follows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "dataplane/base/byte_order.h"
#include "dataplane/wire/checksum.h"
#include "dataplane/wire/tcp.h"

namespace weft {

namespace tcp_option {
inline constexpr uint8_t end = 0, padding = 1, mss_value = 2, window_scale = 3, sack_permitted = 4,
                         sack = 5, timestamps = 8, fast_open = 34;
}  // namespace tcp_option

inline constexpr uint32_t tcp_header_bytes_max = 60;

// Calls visit(kind, option) for each option of a whole header up to the first malformed one; the
// option's bytes begin with its kind and length. Padding is passed over.
template <class Byte, class Visit>
void for_each_tcp_option(std::span<Byte> header, Visit visit) {
  for (std::size_t at = TcpView::header_bytes_min; at + 1 < header.size();) {
    const auto kind = std::to_integer<uint8_t>(header[at]);
    if (kind == tcp_option::end) return;
    if (kind == tcp_option::padding) {
      ++at;
      continue;
    }
    const auto bytes = std::to_integer<std::size_t>(header[at + 1]);
    if (bytes < 2 || at + bytes > header.size()) return;
    visit(kind, header.subspan(at, bytes));
    at += bytes;
  }
}

// A TCP header that is being edited, in whatever way, in place.
class TcpEdit {
 public:
  // Requires: `header` is whole, and outlives this.
  explicit TcpEdit(std::span<std::byte> header) : header_(header) {
    std::memcpy(before_.data(), header.data(), header.size());
  }

  std::span<std::byte> header() const { return header_; }
  uint32_t sequence() const { return load<be32>(&header_[4]).host(); }
  uint32_t acknowledgment() const { return load<be32>(&header_[8]).host(); }
  uint16_t window() const { return load<be16>(&header_[14]).host(); }
  void set_sequence(uint32_t sequence) { store(&header_[4], be32(sequence)); }
  void set_acknowledgment(uint32_t number) { store(&header_[8], be32(number)); }
  void set_window(uint16_t window) { store(&header_[14], be16(window)); }
  void set_flags(uint8_t flags) { header_[13] = std::byte{flags}; }

  // The checksum follows what was edited. Requires: once, and last.
  void finish() {
    ChecksumEdit edit;
    for (std::size_t at = 0; at < header_.size(); at += sizeof(be32)) {
      edit.replace(load<be32>(&before_[at]), load<be32>(&header_[at]));
    }
    store(&header_[16], edit.apply(load<be16>(&header_[16])));
  }

 private:
  std::span<std::byte> header_;
  std::array<std::byte, tcp_header_bytes_max> before_;
};

}  // namespace weft
