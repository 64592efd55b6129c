#include "dataplane/table/flow_clock.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

constexpr Instant start{};
constexpr FlowTimeouts timeouts{.half_open = seconds(5),
                                .established = seconds(300),
                                .closing = seconds(10),
                                .udp = seconds(30)};

TEST(FlowClock, AFlowLivesItsTimeoutAndNotMuchLonger) {
  for (const auto state : {FlowState::half_open, FlowState::established, FlowState::udp}) {
    const Duration timeout = state == FlowState::half_open ? timeouts.half_open
                             : state == FlowState::udp     ? timeouts.udp
                                                           : timeouts.established;
    FlowClock clock(timeouts, start);
    const uint32_t born = clock.tick(state);
    clock.advance(timeouts, start + timeout);
    EXPECT_FALSE(clock.expired(state, born));
    clock.advance(timeouts, start + timeout + timeout / 50);
    EXPECT_TRUE(clock.expired(state, born));
  }
}

TEST(FlowClock, AgesSurviveTheWrapOfTicks) {
  FlowClock clock(timeouts, start);
  Instant now = start;
  for (int i = 0; i < 1000; ++i) {
    now += seconds(7);
    clock.advance(timeouts, now);
    const uint32_t born = clock.tick(FlowState::udp);
    clock.advance(timeouts, now + seconds(15));
    EXPECT_NEAR(clock.age(FlowState::udp, born), 64, 1);
    now += seconds(15);
  }
}

TEST(FlowClock, AChangedTimeoutScalesTheAgeOfOldFlows) {
  FlowClock clock(timeouts, start);
  const uint32_t born = clock.tick(FlowState::udp);
  clock.advance(timeouts, start + seconds(15));
  FlowTimeouts longer = timeouts;
  longer.udp = seconds(300);
  clock.advance(longer, start + seconds(15) + seconds(140));
  EXPECT_FALSE(clock.expired(FlowState::udp, born));
  clock.advance(longer, start + seconds(15) + seconds(160));
  EXPECT_TRUE(clock.expired(FlowState::udp, born));
}

TEST(FlowClock, ManySmallStepsAddUp) {
  FlowClock clock(timeouts, start);
  const uint32_t born = clock.tick(FlowState::established);
  for (int i = 1; i <= 150'000; ++i) clock.advance(timeouts, start + milliseconds(i));
  EXPECT_NEAR(clock.age(FlowState::established, born), 64, 1);
}

TEST(FlowClock, TimeThatRunsBackwardsStandsStill) {
  FlowClock clock(timeouts, start + seconds(100));
  const uint32_t born = clock.tick(FlowState::half_open);
  clock.advance(timeouts, start);
  EXPECT_EQ(clock.age(FlowState::half_open, born), 0u);
}

}  // namespace
}  // namespace weft
