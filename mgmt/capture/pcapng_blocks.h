// Takes a pcapng stream of this host's byte order apart into its blocks, whatever the pieces it
// arrives in. Sans-IO; holds at most one block.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mgmt/capture/pcapng.h"

namespace weft::mgmt::pcapng {

inline constexpr uint32_t block_bytes_max = 1u << 20;

class Blocks {
 public:
  struct Block {
    BlockType type{};
    std::string_view bytes;  // the whole block
    // Between the lengths.
    std::string_view body() const { return bytes.substr(8, bytes.size() - 12); }
  };

  void add(std::string_view piece) { waiting_ += piece; }
  // The next whole block, good until the next call or add().
  std::optional<Block> next();
  // The stream breaks the format: next() gives nothing more.
  bool malformed() const { return malformed_; }

 private:
  std::string waiting_;
  std::size_t given_bytes_ = 0;  // of the block at the front of `waiting_`, which is the caller's
  bool malformed_ = false;
};

// The value of an option in `options`, the end of a block's body; nothing when it is not there.
std::optional<std::string_view> find_option(std::string_view options, OptionCode code);

// Interface and counts of a block of statistics, zero where it says nothing. Requires: its type.
Statistics statistics_in(const Blocks::Block& block);

}  // namespace weft::mgmt::pcapng
