#include "dataplane/worker/idle.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(IdlePolicy, PollNeverSleeps) {
  IdlePolicy idle(IdleMode::poll);
  for (int i = 0; i < 10'000; ++i) EXPECT_EQ(idle.after_turn(false), Duration::zero());
}

TEST(IdlePolicy, AdaptiveNapsAreShortBesideTheSilenceBeforeThem) {
  IdlePolicy idle(IdleMode::adaptive);
  for (uint32_t i = 1; i < IdlePolicy::empty_turns_max; ++i) {
    EXPECT_EQ(idle.after_turn(false), Duration::zero());
  }
  Duration silence{}, last{};
  while (silence < milliseconds(100)) {
    const Duration nap = idle.after_turn(false);
    EXPECT_GE(nap, std::max(last, IdlePolicy::sleep_min));
    EXPECT_LE(nap, std::clamp(silence / 8, IdlePolicy::sleep_min, IdlePolicy::sleep_max));
    silence += last = nap;
  }
  EXPECT_EQ(last, IdlePolicy::sleep_max);
}

TEST(IdlePolicy, OnePacketWakesItUp) {
  IdlePolicy idle(IdleMode::adaptive);
  for (int i = 0; i < 1000; ++i) idle.after_turn(false);
  EXPECT_EQ(idle.after_turn(true), Duration::zero());
  for (uint32_t i = 1; i < IdlePolicy::empty_turns_max; ++i) {
    EXPECT_EQ(idle.after_turn(false), Duration::zero());
  }
  EXPECT_EQ(idle.after_turn(false), IdlePolicy::sleep_min);
}

}  // namespace
}  // namespace weft
