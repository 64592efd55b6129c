#include "dataplane/tcp/round_trip.h"

#include <gtest/gtest.h>

#include <cmath>

namespace weft {
namespace {

constexpr RoundTrip::Limits any{.timeout_min = milliseconds(1), .timeout_max = seconds(60)};

Instant at(int64_t s) {
  return Instant(seconds(s));
}

// RFC 6298, 2.1 and 2.2.
TEST(RoundTrip, TheFirstMeasureSaysItAll) {
  RoundTrip round_trip;
  EXPECT_FALSE(round_trip.known());
  EXPECT_EQ(round_trip.timeout({}), seconds(1));
  round_trip.sample(milliseconds(100), at(1));
  EXPECT_EQ(round_trip.smoothed(), milliseconds(100));
  EXPECT_EQ(round_trip.timeout(any), milliseconds(100 + 4 * 50));
}

// RFC 6298, 2.3: the variation first, with the old mean.
TEST(RoundTrip, LaterMeasuresAreSmoothed) {
  RoundTrip round_trip;
  double smoothed_ms = 100;
  double variation_ms = 50;
  round_trip.sample(milliseconds(100), at(1));
  for (const int64_t ms : {140, 80, 300, 300, 100, 20}) {
    round_trip.sample(milliseconds(ms), at(1));
    const auto measured_ms = static_cast<double>(ms);
    variation_ms = 0.75 * variation_ms + 0.25 * std::abs(smoothed_ms - measured_ms);
    smoothed_ms = 0.875 * smoothed_ms + 0.125 * measured_ms;
    const auto us = [](Duration d) { return static_cast<double>(d.count()) / 1000; };
    EXPECT_NEAR(us(round_trip.smoothed()), smoothed_ms * 1000, 10);
    EXPECT_NEAR(us(round_trip.timeout(any)), (smoothed_ms + 4 * variation_ms) * 1000, 50);
  }
}

// RFC 6298, 2.4, 2.5 and 5.5.
TEST(RoundTrip, TheTimeoutHasLimitsAndBacksOff) {
  RoundTrip round_trip;
  round_trip.sample(milliseconds(1), at(1));
  EXPECT_EQ(round_trip.timeout({}), milliseconds(200));
  round_trip.back_off();
  round_trip.back_off();
  EXPECT_EQ(round_trip.timeout({}), milliseconds(800));
  for (int i = 0; i < 100; ++i) round_trip.back_off();
  EXPECT_EQ(round_trip.timeout({}), seconds(60));
  round_trip.no_backoff();
  EXPECT_EQ(round_trip.timeout({}), milliseconds(200));
}

// RFC 6298, 5.7.
TEST(RoundTrip, AfterALostSynTheFirstTimeoutIsLonger) {
  RoundTrip round_trip;
  round_trip.begin_slowly();
  EXPECT_EQ(round_trip.timeout({}), seconds(3));
  round_trip.sample(milliseconds(100), at(1));
  EXPECT_EQ(round_trip.timeout({}), milliseconds(300));
}

// RFC 8985, 6.2: of the last minutes, so that a path that became longer is noticed.
TEST(RoundTrip, TheMinimumIsForgotten) {
  RoundTrip round_trip;
  round_trip.sample(milliseconds(10), at(1));
  round_trip.sample(milliseconds(30), at(100));
  EXPECT_EQ(round_trip.minimum(), milliseconds(10));
  round_trip.sample(milliseconds(30), at(200));
  EXPECT_EQ(round_trip.minimum(), milliseconds(10));
  round_trip.sample(milliseconds(30), at(400));
  EXPECT_EQ(round_trip.minimum(), milliseconds(30));
}

TEST(RoundTrip, NothingIsTooShortOrTooLong) {
  RoundTrip round_trip;
  round_trip.sample(Duration{}, at(1));
  EXPECT_TRUE(round_trip.known());
  round_trip.sample(std::chrono::hours(24 * 30), at(2));
  EXPECT_EQ(round_trip.timeout({}), seconds(60));
}

}  // namespace
}  // namespace weft
