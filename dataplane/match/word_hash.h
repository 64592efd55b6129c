// Short texts hashed as words: what hosts and paths are looked up by. Multiplication folded, as in
// wyhash. Thread safety: pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "dataplane/base/byte_order.h"

namespace weft {

inline constexpr std::size_t word_bytes = sizeof(uint64_t);

inline uint64_t fold_word(uint64_t state, uint64_t word) {
  __extension__ using uint128 = unsigned __int128;
  const uint128 product =
      static_cast<uint128>(state ^ word ^ 0x9e3779b97f4a7c15u) * (word ^ 0xe7037ed1a0b428dbu);
  // The state stays in it even where the word makes the product zero, so that another seed helps.
  return (static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64)) + state;
}

// The bytes from `at` on, which are fewer than a word; zeros behind them. Nothing outside `bytes`
// is read.
inline uint64_t last_word(std::span<const std::byte> bytes, std::size_t at) {
  const std::size_t rest_bytes = bytes.size() - at;
  if (rest_bytes == 0) return 0;
  if (bytes.size() >= word_bytes) {
    const auto last = load<uint64_t>(bytes.data() + bytes.size() - word_bytes);
    return last >> (word_bytes - rest_bytes) * 8;
  }
  uint64_t word = 0;
  std::memcpy(&word, bytes.data() + at, rest_bytes);
  return word;
}

}  // namespace weft
