// AES-128 of single blocks (FIPS 197) by the CPU's own instructions. A mode is the caller's
// business. Thread safety: immutable.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace weft {

class Aes128 {
 public:
  using Key = std::array<std::byte, 16>;

  explicit Aes128(const Key& key);

  // Of a block in memory order: its first byte is the register's lowest.
  __m128i encrypt(__m128i block) const {
    block = _mm_xor_si128(block, round_keys_[0]);
    for (uint32_t round = 1; round < rounds; ++round) {
      block = _mm_aesenc_si128(block, round_keys_[round]);
    }
    return _mm_aesenclast_si128(block, round_keys_[rounds]);
  }
  __m128i decrypt(__m128i block) const {
    block = _mm_xor_si128(block, round_keys_[rounds]);
    for (uint32_t round = rounds - 1; round > 0; --round) {
      block = _mm_aesdec_si128(block, inverse_keys_[round]);
    }
    return _mm_aesdeclast_si128(block, round_keys_[0]);
  }

 private:
  static constexpr uint32_t rounds = 10;

  __m128i round_keys_[rounds + 1];
  __m128i inverse_keys_[rounds];  // of rounds 1 to 9, for the equivalent inverse cipher
};

}  // namespace weft
