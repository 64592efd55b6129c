// What the gateway must not change of a packet that it forwards, and how it may change the rest.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "tests/fuzz/services.h"
#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"

namespace weft::fuzz {

using test::Bytes;
using test::Decoded;

// A packet from its IP header on, and what it says.
struct Seen {
  Seen(std::span<const std::byte> ip_packet, bool quoted = false);
  static Seen in_frame(const Bytes& frame);

  std::span<const std::byte> bytes;
  Decoded d;

  std::span<const std::byte> l4() const {
    return bytes.subspan(std::min(bytes.size(), d.l4_offset));
  }
  bool later_piece() const { return d.fragment_offset_bytes != 0; }
  bool tcp() const { return d.protocol == 6 && !later_piece(); }
  bool udp() const { return d.protocol == 17 && !later_piece(); }
};

// What becomes of a TCP segment whose two sides count differently.
struct Shift {
  uint32_t sequence = 0, acknowledgment = 0;     // what is added to these
  uint32_t timestamp = 0, echo = 0, blocks = 0;  // and to those in options
  bool blanks_blocks = false, without_fast_open = false;
  std::optional<int> window;  // what it becomes
  int flags_off = 0;
  Bytes header;  // in front of the payload
  bool without_data = false;
};

struct Changes {
  bool ends = false;            // addresses and L4 ports
  uint32_t mss_bytes_max = 0;   // 0: the MSS stays what it is
  bool may_add_client = false;  // TOA
  bool must_add_client = false;
  Shift shift = {};
};

// What is wrong with `out` as a forwarded `in`; empty: nothing.
std::string complaint_about(const Seen& in, const Seen& out, const Changes& changes);

// The one's complement sum over what an L4 checksum covers, the checksum itself included: as long
// as changes are accounted for it stays the same, whether or not it was right.
uint32_t covered_sum(const Seen& packet);

}  // namespace weft::fuzz
