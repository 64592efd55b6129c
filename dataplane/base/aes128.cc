#include "dataplane/base/aes128.h"

#include "dataplane/base/byte_order.h"

namespace weft {

namespace {

// FIPS 197, 5.2: each word of a round key is the sum of those before it and of the last one,
// rotated and substituted, which the instruction gives in its highest lane.
template <int constant>
__m128i next_round_key(__m128i key) {
  const __m128i assist = _mm_shuffle_epi32(_mm_aeskeygenassist_si128(key, constant), 0xff);
  key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
  key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
  return _mm_xor_si128(key, assist);
}

}  // namespace

Aes128::Aes128(const Key& key) : inverse_keys_{} {
  round_keys_[0] = load<__m128i>(key.data());
  round_keys_[1] = next_round_key<0x01>(round_keys_[0]);
  round_keys_[2] = next_round_key<0x02>(round_keys_[1]);
  round_keys_[3] = next_round_key<0x04>(round_keys_[2]);
  round_keys_[4] = next_round_key<0x08>(round_keys_[3]);
  round_keys_[5] = next_round_key<0x10>(round_keys_[4]);
  round_keys_[6] = next_round_key<0x20>(round_keys_[5]);
  round_keys_[7] = next_round_key<0x40>(round_keys_[6]);
  round_keys_[8] = next_round_key<0x80>(round_keys_[7]);
  round_keys_[9] = next_round_key<0x1b>(round_keys_[8]);
  round_keys_[10] = next_round_key<0x36>(round_keys_[9]);
  for (uint32_t round = 1; round < rounds; ++round) {
    inverse_keys_[round] = _mm_aesimc_si128(round_keys_[round]);
  }
}

}  // namespace weft
