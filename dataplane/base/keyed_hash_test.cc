#include "dataplane/base/keyed_hash.h"

#include <gtest/gtest.h>

#include <set>

namespace weft {
namespace {

TEST(KeyedHash, AnotherKeyGivesAnotherHash) {
  const KeyedHash one({1, 2, 3, 4});
  const KeyedHash other({1, 2, 3, 5});
  const __m128i block = _mm_set_epi64x(7, 9);
  EXPECT_NE(one(block).low, other(block).low);
  EXPECT_EQ(one(block).low, one(block).low);
}

TEST(KeyedHash, NeighbouringInputsSpreadOverBothHalves) {
  const KeyedHash hash({1, 2, 3, 4});
  std::set<uint64_t> low_bits;
  std::set<uint64_t> high_bits;
  for (int64_t i = 0; i < 1024; ++i) {
    const Hash128 h = hash(_mm_set_epi64x(0, i), _mm_set_epi64x(i, 0), _mm_setzero_si128());
    low_bits.insert(h.low & 0xfff);
    high_bits.insert(h.high & 0xfff);
  }
  // 1,024 balls in 4,096 bins leave about 906 bins occupied.
  EXPECT_NEAR(static_cast<double>(low_bits.size()), 906, 60);
  EXPECT_NEAR(static_cast<double>(high_bits.size()), 906, 60);
}

}  // namespace
}  // namespace weft
