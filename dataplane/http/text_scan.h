// Where runs of characters end, 32 bytes at a time (AVX2, which every build has).
// What ends in _length needs a byte that ends the run, and that the 31 bytes behind it may be read:
// both hold in an arena, whose text ends with CRLF.
#pragma once

#include <immintrin.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace weft {

namespace text_scan {

inline __m256i load(const char* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

inline __m256i all(char c) {
  return _mm256_set1_epi8(c);
}

inline uint32_t mask(__m256i bytes) {
  return static_cast<uint32_t>(_mm256_movemask_epi8(bytes));
}

// Bit set for each byte that is no token character: a bit for the high half of a byte, looked up by
// its low half.
inline uint32_t not_token(const char* from) {
  // One character of a low half is in a token if the bit of its high half is set: 0x20 is bit 2.
  const __m256i by_low = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(static_cast<char>(0xe8), static_cast<char>(0xfc), static_cast<char>(0xf8),
                    static_cast<char>(0xfc), static_cast<char>(0xfc), static_cast<char>(0xfc),
                    static_cast<char>(0xfc), static_cast<char>(0xfc), static_cast<char>(0xf8),
                    static_cast<char>(0xf8), static_cast<char>(0xf4), 0x54, static_cast<char>(0xd0),
                    0x54, static_cast<char>(0xf4), 0x70));
  const __m256i by_high = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, static_cast<char>(128), 0, 0, 0, 0, 0, 0, 0, 0));
  const __m256i bytes = load(from);
  const __m256i half = all(0x0f);
  const __m256i low = _mm256_shuffle_epi8(by_low, _mm256_and_si256(bytes, half));
  const __m256i high =
      _mm256_shuffle_epi8(by_high, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half));
  return mask(_mm256_cmpeq_epi8(_mm256_and_si256(low, high), _mm256_setzero_si256()));
}

// For each byte that no field value has: controls but the tab.
inline uint32_t not_value(const char* from) {
  const __m256i bytes = load(from);
  const __m256i control = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, all(0x1f)), bytes);
  const __m256i tab = _mm256_cmpeq_epi8(bytes, all('\t'));
  const __m256i del = _mm256_cmpeq_epi8(bytes, all(0x7f));
  return mask(_mm256_or_si256(_mm256_andnot_si256(tab, control), del));
}

// For each byte that no request target has: all but visible ASCII, and '#'.
inline uint32_t not_target(const char* from) {
  const __m256i bytes = load(from);
  // As signed numbers, bytes above 0x7f are below all of ASCII.
  const __m256i visible = _mm256_cmpgt_epi8(bytes, all(0x20));
  const __m256i del = _mm256_cmpeq_epi8(bytes, all(0x7f));
  const __m256i hash = _mm256_cmpeq_epi8(bytes, all('#'));
  return ~mask(visible) | mask(_mm256_or_si256(del, hash));
}

template <class Mask>
std::size_t run(const char* from, Mask mask_of) {
  std::size_t n = 0;
  for (;;) {
    if (const uint32_t found = mask_of(from + n); found != 0) {
      return n + static_cast<std::size_t>(std::countr_zero(found));
    }
    n += 32;
  }
}

}  // namespace text_scan

inline std::size_t token_length(const char* from) {
  return text_scan::run(from, text_scan::not_token);
}
inline std::size_t value_length(const char* from) {
  return text_scan::run(from, text_scan::not_value);
}
inline std::size_t target_length(const char* from) {
  return text_scan::run(from, text_scan::not_target);
}

// Where lines end, and what has no place in them, in 64 bytes: a bit a byte.
struct LineMasks {
  uint64_t feeds;    // LF
  uint64_t returns;  // CR
  uint64_t others;   // other bytes that no field value has
};

namespace text_scan {

inline uint64_t mask_of_both(__m256i low, __m256i high) {
  return mask(low) | uint64_t{mask(high)} << 32;
}

inline uint64_t equal(__m256i low, __m256i high, char c) {
  return mask_of_both(_mm256_cmpeq_epi8(low, all(c)), _mm256_cmpeq_epi8(high, all(c)));
}

}  // namespace text_scan

// Of 64 bytes that may be read. `others` costs more: who does not use it does not pay.
inline LineMasks line_masks(const char* from) {
  using namespace text_scan;
  const __m256i low = load(from);
  const __m256i high = load(from + 32);
  const uint64_t feeds = equal(low, high, '\n');
  const uint64_t returns = equal(low, high, '\r');
  const uint64_t controls = not_value(from) | uint64_t{not_value(from + 32)} << 32;
  return {feeds, returns, controls & ~feeds & ~returns};
}

// What matters to the normal form of a path, in 32 bytes that may be read.
struct PathMasks {
  uint32_t slashes;
  uint32_t dots;
  uint32_t odd;  // '%' and '\\'
};

inline PathMasks path_masks(const char* from) {
  using namespace text_scan;
  const __m256i bytes = load(from);
  const auto equal_to = [&](char c) { return mask(_mm256_cmpeq_epi8(bytes, all(c))); };
  return {equal_to('/'), equal_to('.'), equal_to('%') | equal_to('\\')};
}

}  // namespace weft
