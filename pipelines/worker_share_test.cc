#include "pipelines/worker_share.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(WorkerShare, PartsOfALimitAreNoMoreThanTheWholeOrNoLess) {
  const WorkerShare receiver{1, 4}, other{3, 4};
  EXPECT_EQ(receiver.rounded_down(10), 2u);
  EXPECT_EQ(other.rounded_down(10), 7u);
  EXPECT_EQ(receiver.rounded_up(10), 3u);
  EXPECT_EQ(other.rounded_up(10), 8u);
  EXPECT_EQ(receiver.rounded_down(3), 1u) << "no worker has none";
  EXPECT_EQ(other.rounded_down(UINT32_MAX), 3221225471u);
}

TEST(WorkerShare, SmallerPartsWaitLonger) {
  EXPECT_EQ((WorkerShare{1, 4}.interval(milliseconds(3))), milliseconds(12));
  EXPECT_EQ((WorkerShare{3, 4}.interval(milliseconds(3))), milliseconds(4));
  EXPECT_EQ(WorkerShare{}.interval(milliseconds(3)), milliseconds(3));
}

}  // namespace
}  // namespace weft
