#include "tests/sim/tcp_options.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace weft::sim {
namespace {

// RFC 9293, 3.1; RFC 7323; RFC 2018; RFC 4727.
enum Kind : uint8_t {
  kind_end = 0,
  kind_padding = 1,
  kind_mss = 2,
  kind_scale = 3,
  kind_sack_permitted = 4,
  kind_sack = 5,
  kind_timestamps = 8,
  kind_experiment = 254,
};
constexpr std::size_t timestamps_bytes = 10, block_bytes = 8;
constexpr std::size_t token_bytes = 2 + 2 + Token::bytes;
constexpr std::array<uint8_t, 2> token_name = {'W', 'F'};

void put32(std::vector<uint8_t>& to, uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) to.push_back(static_cast<uint8_t>(value >> shift));
}

uint32_t get32(std::span<const uint8_t> from, std::size_t at) {
  uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | from[at + i];
  return value;
}

void take(TcpOptions& options, std::span<const uint8_t> option) {
  const uint8_t kind = option[0];
  if (kind == kind_mss && option.size() == 4) {
    options.mss_bytes = static_cast<uint16_t>(option[2] << 8 | option[3]);
  } else if (kind == kind_scale && option.size() == 3) {
    options.window_scale = option[2];
  } else if (kind == kind_sack_permitted && option.size() == 2) {
    options.sack_permitted = true;
  } else if (kind == kind_timestamps && option.size() == timestamps_bytes) {
    options.timestamps = {get32(option, 2), get32(option, 6)};
  } else if (kind == kind_sack) {
    for (std::size_t at = 2; at + block_bytes <= option.size(); at += block_bytes) {
      options.blocks.push_back({get32(option, at), get32(option, at + 4)});
    }
  } else if (kind == kind_experiment && option.size() == token_bytes &&
             std::ranges::equal(option.subspan(2, 2), token_name)) {
    options.token = Token::parse(option.subspan(4));
  }
}

}  // namespace

TcpOptions TcpOptions::parse(std::span<const uint8_t> bytes) {
  TcpOptions options;
  while (bytes.size() > 1 && bytes[0] != kind_end) {
    const std::size_t length = bytes[0] == kind_padding ? 1 : bytes[1];
    if (length == 0 || length > bytes.size()) break;
    if (bytes[0] != kind_padding && length >= 2) take(options, bytes.first(length));
    bytes = bytes.subspan(length);
  }
  return options;
}

std::vector<uint8_t> TcpOptions::bytes() const {
  std::vector<uint8_t> to;
  const auto add = [&](std::initializer_list<uint8_t> bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
  };
  if (mss_bytes) {
    add({kind_mss, 4, static_cast<uint8_t>(*mss_bytes >> 8), static_cast<uint8_t>(*mss_bytes)});
  }
  if (sack_permitted) add({kind_sack_permitted, 2, kind_padding, kind_padding});
  if (timestamps) {
    add({kind_padding, kind_padding, kind_timestamps, timestamps_bytes});
    put32(to, timestamps->value);
    put32(to, timestamps->echo);
  }
  if (window_scale) add({kind_padding, kind_scale, 3, *window_scale});
  if (!blocks.empty()) {
    add({kind_padding, kind_padding, kind_sack,
         static_cast<uint8_t>(2 + block_bytes * blocks.size())});
    for (const Block& block : blocks) {
      put32(to, block.left);
      put32(to, block.right);
    }
  }
  if (token) {
    const auto raw = token->raw();
    add({kind_experiment, token_bytes, token_name[0], token_name[1]});
    to.insert(to.end(), raw.begin(), raw.end());
  }
  return to;
}

}  // namespace weft::sim
