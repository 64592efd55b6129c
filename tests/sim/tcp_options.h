// The options of the segments that clients and endpoints send and get. Shares no code with
// dataplane/wire.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tests/sim/token.h"

namespace weft::sim {

struct TcpOptions {
  struct Timestamps {
    uint32_t value = 0;
    uint32_t echo = 0;
  };
  struct Block {  // of SACK: from its first number to the one behind its last
    uint32_t left = 0;
    uint32_t right = 0;
  };

  std::optional<uint16_t> mss_bytes;
  std::optional<uint8_t> window_scale;
  bool sack_permitted = false;
  std::optional<Timestamps> timestamps;
  std::vector<Block> blocks;
  std::optional<Token> token;

  // What is malformed ends it, and is not there.
  static TcpOptions parse(std::span<const uint8_t> bytes);
  std::vector<uint8_t> bytes() const;
};

}  // namespace weft::sim
