#include "dataplane/tcp/segment.h"

#include <algorithm>

#include "dataplane/base/byte_order.h"
#include "dataplane/base/check.h"
#include "dataplane/wire/tcp_options.h"

namespace weft {
namespace {

constexpr uint32_t sack_block_bytes = 8;

uint32_t load_word(const std::byte* from) {
  return load<be32>(from).host();
}

void read_sack(SegmentOptions& options, std::span<const std::byte> option) {
  if ((option.size() - 2) % sack_block_bytes != 0) return;
  for (std::size_t at = 2; at < option.size(); at += sack_block_bytes) {
    const Sequence begin(load_word(&option[at]));
    const Sequence end(load_word(&option[at + 4]));
    if (begin < end && options.sack_count < SegmentOptions::sack_blocks_max) {
      options.sack[options.sack_count++] = {begin, end};
    }
  }
}

}  // namespace

SegmentOptions SegmentOptions::of(std::span<const std::byte> header) {
  SegmentOptions options;
  for_each_tcp_option(header, [&](uint8_t kind, std::span<const std::byte> option) {
    if (kind == tcp_option::mss_value && option.size() == 4) {
      options.mss_bytes = load<be16>(&option[2]).host();
    } else if (kind == tcp_option::window_scale && option.size() == 3) {
      options.has_window_scale = true;
      options.window_scale = std::min(std::to_integer<uint8_t>(option[2]), window_scale_max);
    } else if (kind == tcp_option::sack_permitted && option.size() == 2) {
      options.sack_permitted = true;
    } else if (kind == tcp_option::sack) {
      read_sack(options, option);
    } else if (kind == tcp_option::timestamps && option.size() == 10) {
      options.has_timestamps = true;
      options.timestamp = load_word(&option[2]);
      options.echo = load_word(&option[6]);
    }
  });
  return options;
}

SegmentIn segment_from(std::span<const std::byte> header) {
  SegmentIn segment;
  segment.sequence = Sequence(load_word(&header[4]));
  segment.acknowledgment = Sequence(load_word(&header[8]));
  segment.flags = std::to_integer<uint8_t>(header[13]);
  segment.window = load<be16>(&header[14]).host();
  if (header.size() > TcpView::header_bytes_min) segment.options = SegmentOptions::of(header);
  return segment;
}

void OptionWriter::word(uint32_t value) {
  store(&segment_.options[segment_.options_bytes], be32(value));
  segment_.options_bytes += sizeof(be32);
}

void OptionWriter::mss(uint16_t bytes) {
  byte(tcp_option::mss_value);
  byte(4);
  byte(bytes >> 8);
  byte(bytes & 255);
}

void OptionWriter::window_scale(uint8_t shift) {
  byte(tcp_option::padding);
  byte(tcp_option::window_scale);
  byte(3);
  byte(shift);
}

void OptionWriter::sack_permitted() {
  byte(tcp_option::padding);
  byte(tcp_option::padding);
  byte(tcp_option::sack_permitted);
  byte(2);
}

void OptionWriter::timestamps(uint32_t value, uint32_t echo) {
  byte(tcp_option::padding);
  byte(tcp_option::padding);
  byte(tcp_option::timestamps);
  byte(10);
  word(value);
  word(echo);
}

void OptionWriter::sack(std::span<const SequenceRange> blocks) {
  const uint32_t room_bytes = SegmentOut::options_bytes_max - segment_.options_bytes;
  if (room_bytes < 4 + sack_block_bytes) return;
  blocks = blocks.first(std::min<std::size_t>(blocks.size(), (room_bytes - 4) / sack_block_bytes));
  if (blocks.empty()) return;
  byte(tcp_option::padding);
  byte(tcp_option::padding);
  byte(tcp_option::sack);
  byte(2 + static_cast<uint32_t>(blocks.size()) * sack_block_bytes);
  for (const SequenceRange& block : blocks) {
    word(block.begin.value());
    word(block.end.value());
  }
}

std::optional<SegmentOut> reset_for(const SegmentIn& segment) {
  if (segment.has(tcp_flag::rst)) return std::nullopt;
  SegmentOut reset;
  if (segment.has(tcp_flag::ack)) {
    reset.sequence = segment.acknowledgment;
    reset.flags = tcp_flag::rst;
  } else {
    reset.acknowledgment = segment.sequence + segment.length();
    reset.flags = tcp_flag::rst | tcp_flag::ack;
  }
  return reset;
}

}  // namespace weft
