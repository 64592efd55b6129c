#include "dataplane/table/token_bucket.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

int takes(TokenBucket& bucket, Instant now) {
  int taken = 0;
  while (bucket.take(now)) ++taken;
  return taken;
}

TEST(TokenBucket, IsFullAtFirst) {
  TokenBucket bucket(10, 5);
  EXPECT_EQ(takes(bucket, Instant(seconds(100))), 5);
}

TEST(TokenBucket, IsFullAtTheBeginningOfTime) {
  TokenBucket bucket(10, 5);
  EXPECT_EQ(takes(bucket, Instant()), 5);
}

TEST(TokenBucket, FillsAtItsRateUpToItsBurst) {
  TokenBucket bucket(10, 5);
  Instant now(seconds(1));
  takes(bucket, now);
  EXPECT_FALSE(bucket.take(now + milliseconds(99)));
  EXPECT_EQ(takes(bucket, now + milliseconds(100)), 1);
  EXPECT_EQ(takes(bucket, now + milliseconds(400)), 3);
  EXPECT_EQ(takes(bucket, now + seconds(3600)), 5);
}

TEST(TokenBucket, NeverExceedsItsRateOverLongTime) {
  TokenBucket bucket(1000, 10);
  Instant now(seconds(1));
  int taken = 0;
  for (int us = 0; us < 2'000'000; us += 37) {
    taken += takes(bucket, now + std::chrono::microseconds(us));
  }
  EXPECT_GE(taken, 2000);
  EXPECT_LE(taken, 2010);
}

TEST(TokenBucket, ATimeThatStepsBackGivesNothing) {
  TokenBucket bucket(10, 2);
  const Instant now(seconds(10));
  EXPECT_EQ(takes(bucket, now), 2);
  EXPECT_FALSE(bucket.take(now - seconds(5)));
  EXPECT_EQ(takes(bucket, now + milliseconds(100)), 1);
}

TEST(TokenBucketDeath, RefusesRatesThatAreNone) {
  EXPECT_DEATH(TokenBucket(0, 1), "tokens_per_s");
  EXPECT_DEATH(TokenBucket(1, 0), "burst_tokens");
}

}  // namespace
}  // namespace weft
