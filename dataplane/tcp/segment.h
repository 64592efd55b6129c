// TCP segments as a connection takes and gives them, without ends and checksums: those belong to
// whoever carries them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/bytes/slice.h"
#include "dataplane/tcp/sequence.h"
#include "dataplane/wire/headers.h"

namespace weft {

// What a segment's options say (RFC 9293, 3.2; RFC 7323; RFC 2018).
struct SegmentOptions {
  static constexpr uint32_t sack_blocks_max = 4;
  static constexpr uint16_t mss_default_bytes = 536;  // RFC 9293, 3.7.1
  static constexpr uint8_t window_scale_max = 14;     // RFC 7323, 2.3

  uint32_t timestamp = 0;  // TSval
  uint32_t echo = 0;       // TSecr
  uint16_t mss_bytes = 0;  // 0: not said
  uint8_t window_scale = 0;
  bool has_window_scale : 1 = false;
  bool has_timestamps : 1 = false;
  bool sack_permitted : 1 = false;
  uint8_t sack_count = 0;
  std::array<SequenceRange, sack_blocks_max> sack{};

  std::span<const SequenceRange> sack_blocks() const { return {sack.data(), sack_count}; }

  // Of a whole TCP header; options behind a malformed one are not there, and unknown ones are
  // passed over. A block of SACK that ends before it begins is not there.
  static SegmentOptions of(std::span<const std::byte> header);
};

struct SegmentIn {
  Sequence sequence;
  Sequence acknowledgment;
  uint8_t flags = 0;
  uint16_t window = 0;  // as on the wire
  bool congestion_experienced = false;
  SegmentOptions options;
  Slice payload;

  bool has(uint8_t flag) const { return (flags & flag) != 0; }
  // What it occupies of the sequence space.
  uint32_t length() const {
    return payload.size() + (has(tcp_flag::syn) ? 1 : 0) + (has(tcp_flag::fin) ? 1 : 0);
  }
};

// Of timestamps, which wrap (RFC 7323, 5.2).
constexpr bool is_older(uint32_t timestamp, uint32_t than) {
  return static_cast<int32_t>(timestamp - than) < 0;
}

// The header of a whole segment (TcpView::parse said so); the payload is the caller's to set.
SegmentIn segment_from(std::span<const std::byte> header);

struct SegmentOut {
  static constexpr uint32_t options_bytes_max = 40;

  Sequence sequence;
  Sequence acknowledgment;
  uint8_t flags = 0;
  uint16_t window = 0;  // as on the wire
  // The IP header says that its sender understands congestion marks (RFC 3168, 5).
  bool ecn_capable = false;
  uint8_t options_bytes = 0;  // whole words
  // Where its payload begins in the bytes to be sent, and how much of them it is; above
  // `cut_bytes` it is more than one segment, to be cut by the device or by who carries it.
  uint16_t cut_bytes = 0;
  uint32_t payload_bytes = 0;
  uint64_t payload_offset = 0;
  std::array<std::byte, options_bytes_max> options{};

  bool has(uint8_t flag) const { return (flags & flag) != 0; }
  std::span<const std::byte> options_span() const { return {options.data(), options_bytes}; }
};

// Appends options to a segment, padded to whole words. Requires: they fit.
class OptionWriter {
 public:
  explicit OptionWriter(SegmentOut& segment) : segment_(segment) {}
  void mss(uint16_t bytes);
  void window_scale(uint8_t shift);
  void sack_permitted();
  void timestamps(uint32_t value, uint32_t echo);
  // As many of the blocks as there is room for, the first ones first.
  void sack(std::span<const SequenceRange> blocks);

 private:
  void byte(uint32_t value) { segment_.options[segment_.options_bytes++] = std::byte(value); }
  void word(uint32_t value);

  SegmentOut& segment_;
};

// The reset that answers a segment for which there is no connection (RFC 9293, 3.10.7.1); nothing
// answers a reset.
std::optional<SegmentOut> reset_for(const SegmentIn& segment);

}  // namespace weft
