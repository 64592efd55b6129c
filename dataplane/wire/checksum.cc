#include "dataplane/wire/checksum.h"

#include <immintrin.h>

namespace weft {

using ones_complement::fold;

namespace {

// 64-bit lanes hold sums of 32-bit words: 2^32 of them fit.
uint64_t sum_blocks(const std::byte* at, std::size_t blocks) {
  const __m256i low_words = _mm256_set1_epi64x(0xffffffff);
  __m256i low = _mm256_setzero_si256();
  __m256i high = _mm256_setzero_si256();
  for (; blocks != 0; --blocks, at += sizeof(__m256i)) {
    const __m256i words = load<__m256i>(at);
    low = _mm256_add_epi64(low, _mm256_and_si256(words, low_words));
    high = _mm256_add_epi64(high, _mm256_srli_epi64(words, 32));
  }
  const __m256i both = _mm256_add_epi64(low, high);
  const __m128i half =
      _mm_add_epi64(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
  return static_cast<uint64_t>(_mm_cvtsi128_si64(half)) +
         static_cast<uint64_t>(_mm_extract_epi64(half, 1));
}

uint64_t sum_of(std::span<const std::byte> bytes) {
  const std::byte* at = bytes.data();
  const std::byte* const end = at + bytes.size();
  const std::size_t blocks = bytes.size() / sizeof(__m256i);
  uint64_t sum = sum_blocks(at, blocks);
  at += blocks * sizeof(__m256i);
  for (; end - at >= 8; at += 8) sum = ones_complement::add(sum, load<uint64_t>(at));
  // Of the last seven bytes each piece fits well below the carry of 64 bits.
  uint64_t rest = 0;
  if (end - at >= 4) {
    rest += load<uint32_t>(at);
    at += 4;
  }
  if (end - at >= 2) {
    rest += load<uint16_t>(at);
    at += 2;
  }
  if (at != end) rest += std::to_integer<uint64_t>(*at);  // padded with a zero byte behind
  return ones_complement::add(sum, rest);
}

}  // namespace

InternetSum& InternetSum::add(std::span<const std::byte> bytes) {
  const uint64_t sum = sum_of(bytes);
  // At an odd place every byte is the other half of its word (RFC 1071, 2.B).
  add_words(odd_ ? std::rotl(fold(sum), 8) : sum);
  odd_ ^= bytes.size() % 2 != 0;
  return *this;
}

}  // namespace weft
