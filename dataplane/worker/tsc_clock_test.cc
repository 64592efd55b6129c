#include "dataplane/worker/tsc_clock.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

// The smallest distance of several tries: the test may be interrupted between the two readings.
Duration distance(const TscClock& clock) {
  Duration least = seconds(1);
  for (int i = 0; i < 100; ++i) {
    const Instant before = TscClock::monotonic_now();
    const Instant ours = clock.now();
    const Instant after = TscClock::monotonic_now();
    const Duration off = ours < before ? before - ours : ours > after ? ours - after : Duration{};
    least = std::min(least, off);
  }
  return least;
}

TEST(TscClock, FollowsTheKernelsClockAndNeverGoesBack) {
  TscClock clock;
  constexpr auto near = std::chrono::microseconds(100);  // what it compares may be interrupted too
  EXPECT_LT(distance(clock), near);
  Instant last = clock.now();
  const Instant end = last + milliseconds(1200);  // at least one comparison
  while (last < end) {
    const Instant now = clock.now();
    ASSERT_GE(now, last);
    clock.keep_up(now);
    last = now;
  }
  EXPECT_LT(distance(clock), near);
}

}  // namespace
}  // namespace weft
