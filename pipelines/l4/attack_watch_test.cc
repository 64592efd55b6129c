#include "pipelines/l4/attack_watch.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

constexpr uint32_t per_s_max = 1000;  // 100 in a tenth of a second

// So many flows, evenly over 100 ms; gives how many were not to be remembered.
uint32_t tenth(AttackWatch& watch, Instant& now, uint32_t flows) {
  uint32_t unremembered = 0;
  for (uint32_t i = 0; i < 100; ++i) {
    now += milliseconds(1);
    watch.advance(per_s_max, now);
    for (uint32_t f = i * flows / 100; f < (i + 1) * flows / 100; ++f) {
      unremembered += uint32_t{watch.count()};
    }
  }
  return unremembered;
}

TEST(AttackWatch, WhatMayBeginIsRemembered) {
  AttackWatch watch;
  Instant now{seconds(5)};
  for (int i = 0; i < 50; ++i) EXPECT_EQ(tenth(watch, now, 99), 0u);
  EXPECT_FALSE(watch.under_attack());
}

TEST(AttackWatch, AnAttackBeginsWithTheFlowThatIsTooMany) {
  AttackWatch watch;
  Instant now{seconds(5)};
  tenth(watch, now, 0);
  EXPECT_NEAR(tenth(watch, now, 1000), 900, 2);
  EXPECT_TRUE(watch.under_attack());
  EXPECT_NEAR(tenth(watch, now, 1000), 975, 2) << "a quarter of what may begin is remembered";
  EXPECT_EQ(tenth(watch, now, 20), 0u);
}

TEST(AttackWatch, AnAttackEndsWhenItHasBeenQuietForASecond) {
  AttackWatch watch;
  Instant now{seconds(5)};
  tenth(watch, now, 0);
  tenth(watch, now, 1000);
  for (int i = 0; i < 30; ++i) tenth(watch, now, 60);
  EXPECT_TRUE(watch.under_attack()) << "more than half of what may begin is not quiet";
  for (int i = 0; i < 9; ++i) tenth(watch, now, 40);
  EXPECT_TRUE(watch.under_attack());
  for (int i = 0; i < 2; ++i) tenth(watch, now, 40);
  EXPECT_FALSE(watch.under_attack());
  EXPECT_EQ(tenth(watch, now, 99), 0u);
}

TEST(AttackWatch, OneNoisyTenthBeginsTheSecondAnew) {
  AttackWatch watch;
  Instant now{seconds(5)};
  tenth(watch, now, 0);
  tenth(watch, now, 1000);
  for (int i = 0; i < 5; ++i) tenth(watch, now, 0);
  tenth(watch, now, 200);
  for (int i = 0; i < 8; ++i) tenth(watch, now, 0);
  EXPECT_TRUE(watch.under_attack());
}

TEST(AttackWatch, SilenceEndsItToo) {
  AttackWatch watch;
  Instant now{seconds(5)};
  tenth(watch, now, 0);
  tenth(watch, now, 1000);
  now += seconds(2);
  watch.advance(per_s_max, now);
  EXPECT_FALSE(watch.under_attack());
}

TEST(AttackWatch, WithoutALimitThereIsNoAttack) {
  AttackWatch watch;
  Instant now{seconds(5)};
  for (int i = 0; i < 100'000; ++i) {
    watch.advance(0, now);
    ASSERT_FALSE(watch.count());
  }
}

}  // namespace
}  // namespace weft
