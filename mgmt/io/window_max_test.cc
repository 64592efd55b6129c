#include "mgmt/io/window_max.h"

#include <gtest/gtest.h>

namespace weft::mgmt {
namespace {

Instant at(int second) {
  return Instant(seconds(1000 + second));
}

TEST(WindowMax, KeepsTheLargestForOneToTwoWindows) {
  WindowMax window(seconds(30));
  window.record(milliseconds(1), at(0));
  window.record(milliseconds(7), at(10));
  window.record(milliseconds(2), at(20));
  EXPECT_EQ(window.max(at(29)), milliseconds(7));
  window.record(milliseconds(3), at(31));
  EXPECT_EQ(window.max(at(31)), milliseconds(7));
  EXPECT_EQ(window.max(at(60)), milliseconds(7));
  window.record(milliseconds(1), at(61));
  EXPECT_EQ(window.max(at(61)), milliseconds(3));
}

TEST(WindowMax, ForgetsWhenNothingIsRecordedForLong) {
  WindowMax window(seconds(30));
  window.record(milliseconds(7), at(0));
  EXPECT_EQ(window.max(at(90)), milliseconds(0));
  window.record(milliseconds(1), at(100));
  EXPECT_EQ(window.max(at(100)), milliseconds(1));
}

}  // namespace
}  // namespace weft::mgmt
