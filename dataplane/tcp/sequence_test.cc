#include "dataplane/tcp/sequence.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(Sequence, OrderIsAcrossTheWrap) {
  const Sequence last(0xffffffff);
  EXPECT_LT(last, last + 1);
  EXPECT_EQ((last + 1).value(), 0u);
  EXPECT_GT(Sequence(5), Sequence(0xfffffff0));
  EXPECT_LE(last, last);
  EXPECT_GE(last, last);
  EXPECT_LT(Sequence(0), Sequence(0x7fffffff));
  EXPECT_GT(Sequence(0), Sequence(0x80000001));
}

TEST(Sequence, DistancesAndSumsWrap) {
  EXPECT_EQ(Sequence(4) - Sequence(0xfffffffe), 6u);
  EXPECT_EQ((Sequence(4) - 6).value(), 0xfffffffeu);
  Sequence number(0xfffffffe);
  number += 3;
  EXPECT_EQ(number, Sequence(1));
}

TEST(Sequence, EarlierAndLater) {
  const Sequence before(0xfffffff0);
  const Sequence behind(0x10);
  EXPECT_EQ(earlier(before, behind), before);
  EXPECT_EQ(earlier(behind, before), before);
  EXPECT_EQ(later(before, behind), behind);
  EXPECT_EQ(later(behind, before), behind);
}

TEST(Sequence, ARangeMayWrap) {
  const SequenceRange range{Sequence(0xffffffff), Sequence(2)};
  EXPECT_EQ(range.size(), 3u);
  EXPECT_FALSE(range.empty());
  EXPECT_TRUE((SequenceRange{Sequence(2), Sequence(2)}).empty());
}

}  // namespace
}  // namespace weft
