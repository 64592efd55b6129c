// A keyed 128-bit hash of up to 48 bytes for tables that strangers fill: four AES rounds under a
// secret key, so that nobody without the key can aim at one bucket. (CRC32 and Toeplitz are linear:
// collisions found once collide under every key.) Thread safety: immutable.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstdint>

namespace weft {

struct Hash128 {
  uint64_t low = 0;
  uint64_t high = 0;
};

class KeyedHash {
 public:
  using Key = std::array<uint64_t, 4>;

  explicit KeyedHash(const Key& key)
      : first_(_mm_set_epi64x(static_cast<int64_t>(key[1]), static_cast<int64_t>(key[0]))),
        second_(_mm_set_epi64x(static_cast<int64_t>(key[3]), static_cast<int64_t>(key[2]))) {}

  Hash128 operator()(__m128i a) const { return finish(_mm_xor_si128(a, first_)); }
  Hash128 operator()(__m128i a, __m128i b) const {
    return finish(absorb(_mm_xor_si128(a, first_), b));
  }
  Hash128 operator()(__m128i a, __m128i b, __m128i c) const {
    return finish(absorb(absorb(_mm_xor_si128(a, first_), b), c));
  }

 private:
  __m128i absorb(__m128i state, __m128i block) const {
    state = _mm_aesenc_si128(_mm_aesenc_si128(state, second_), first_);
    return _mm_xor_si128(state, block);
  }
  Hash128 finish(__m128i state) const {
    state = _mm_aesenc_si128(_mm_aesenc_si128(state, second_), first_);
    state = _mm_aesenc_si128(_mm_aesenc_si128(state, second_), first_);
    return {static_cast<uint64_t>(_mm_cvtsi128_si64(state)),
            static_cast<uint64_t>(_mm_extract_epi64(state, 1))};
  }

  __m128i first_;
  __m128i second_;
};

}  // namespace weft
