#include "dataplane/tcp/congestion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace weft {
namespace {

constexpr uint32_t mss_bytes = 1000;
constexpr Duration round_trip = milliseconds(100);

Instant after(double s) {
  return Instant(seconds(1000)) +
         std::chrono::duration_cast<Duration>(std::chrono::duration<double>(s));
}

// A connection whose window was reduced from so many segments.
Congestion reduced_from(uint32_t segments) {
  Congestion congestion;
  congestion.start(mss_bytes);
  const uint32_t missing = (segments - Congestion::initial_segments) * mss_bytes;
  congestion.on_acknowledged(missing, round_trip, after(0));
  congestion.reduce(segments * mss_bytes);
  congestion.end_recovery();
  return congestion;
}

double segments_of(const Congestion& congestion) {
  return static_cast<double>(congestion.window_bytes()) / mss_bytes;
}

// A window's worth of acknowledgments each round trip, in steps of two segments.
void acknowledge_rounds(Congestion& congestion, double begin_s, double end_s, Duration rtt) {
  const double rtt_s = std::chrono::duration<double>(rtt).count();
  for (double now_s = begin_s; now_s < end_s; now_s += rtt_s) {
    const uint32_t window = congestion.window_bytes();
    for (uint32_t at = 0; at < window; at += 2 * mss_bytes) {
      congestion.on_acknowledged(std::min(2 * mss_bytes, window - at), rtt, after(now_s));
    }
  }
}

TEST(Congestion, SlowStartGrowsByWhatArrives) {
  Congestion congestion;
  congestion.start(mss_bytes);
  EXPECT_EQ(congestion.window_bytes(), 10'000u);
  congestion.on_acknowledged(3000, round_trip, after(0));
  EXPECT_EQ(congestion.window_bytes(), 13'000u);
  EXPECT_TRUE(congestion.in_slow_start());
}

// RFC 9438, 4.6.
TEST(Congestion, AReductionIsToSevenTenthsAndTwoSegmentsAtLeast) {
  const Congestion congestion = reduced_from(100);
  EXPECT_NEAR(congestion.window_bytes(), 70'000, 1);
  EXPECT_FALSE(congestion.in_slow_start());
  Congestion small;
  small.start(mss_bytes, 1);
  small.reduce(1000);
  EXPECT_EQ(small.slow_start_threshold_bytes(), 2000u);
}

// RFC 9438, 4.2: W(t) = C (t - K)^3 + W_max, with K = cbrt(W_max (1 - beta) / C).
TEST(Congestion, GrowsAsTheCubicFunction) {
  constexpr double maximum = 1000;
  Congestion congestion = reduced_from(1000);
  const double inflection_s = std::cbrt(maximum * 0.3 / 0.4);
  double now_s = 0;
  for (const double checked_s : {2.0, 5.0, inflection_s, 12.0, 15.0}) {
    acknowledge_rounds(congestion, now_s, checked_s, round_trip);
    now_s += std::ceil((checked_s - now_s) / 0.1) * 0.1;
    const double since_s = now_s - inflection_s;
    const double expected = 0.4 * since_s * since_s * since_s + maximum;
    EXPECT_NEAR(segments_of(congestion), expected, 0.02 * expected) << checked_s;
  }
}

// RFC 9438, 4.3: on a short path not slower than Reno with beta 0.7, whose increase is
// 3 (1 - beta) / (1 + beta) a round trip until the old window is reached, then one.
TEST(Congestion, IsAsFastAsRenoOnAShortPath) {
  constexpr Duration rtt = milliseconds(1);
  Congestion congestion = reduced_from(20);
  double reno = 14;
  for (uint32_t i = 0; i < 20; ++i) {
    acknowledge_rounds(congestion, i * 0.001, i * 0.001 + 0.0005, rtt);
    reno += reno < 20 ? 3 * 0.3 / 1.7 : 1;
  }
  EXPECT_NEAR(segments_of(congestion), reno, 0.08 * reno);
}

// RFC 9438, 4.7: who did not reach the last maximum aims lower.
TEST(Congestion, FastConvergence) {
  Congestion congestion = reduced_from(1000);  // at 700
  congestion.reduce(700'000);
  congestion.end_recovery();  // at 490, aims at 700 * 0.85
  const double inflection_s = std::cbrt((700 * 0.85 - 490) / 0.4);
  acknowledge_rounds(congestion, 0, inflection_s, round_trip);
  EXPECT_NEAR(segments_of(congestion), 595, 12);
}

// RFC 9438, 4.8: the threshold is beta of the window; behind it growth begins flat, from where it
// is.
TEST(Congestion, ATimeoutBeginsAgain) {
  Congestion congestion;
  congestion.start(mss_bytes, 100);
  congestion.time_out(100'000, true);
  EXPECT_EQ(congestion.window_bytes(), mss_bytes);
  EXPECT_NEAR(congestion.slow_start_threshold_bytes(), 70'000, 1);
  congestion.time_out(1000, false);
  EXPECT_NEAR(congestion.slow_start_threshold_bytes(), 70'000, 1);
  congestion.on_acknowledged(69'000, round_trip, after(0));
  acknowledge_rounds(congestion, 0, 2, round_trip);
  // C t^3 alone is 3.7 segments; Reno's growth is ten and a half.
  EXPECT_NEAR(segments_of(congestion), 80.6, 2);
}

// RFC 4015.
TEST(Congestion, AMistakeIsUndone) {
  Congestion congestion;
  congestion.start(mss_bytes, 50);
  congestion.time_out(50'000, true);
  congestion.undo();
  EXPECT_EQ(congestion.window_bytes(), 50'000u);
  EXPECT_TRUE(congestion.in_slow_start());
}

TEST(Congestion, AfterIdleTheWindowIsTheInitialOneAtMost) {
  Congestion large;
  large.start(mss_bytes, 50);
  large.restart_after_idle();
  EXPECT_EQ(large.window_bytes(), 10'000u);
  Congestion small;
  small.start(mss_bytes, 3);
  small.restart_after_idle();
  EXPECT_EQ(small.window_bytes(), 3000u);
}

// RFC 6937, 2: of 20 segments the first is lost, with a reduction to 14. Each acknowledgment lets
// so much go that at the end 14 were sent.
TEST(Congestion, RecoverySendsInProportion) {
  Congestion congestion;
  congestion.start(mss_bytes, 20);
  congestion.reduce(20'000);
  uint32_t in_flight = 19'000;
  uint32_t sent = 0;
  for (uint32_t i = 0; i < 19; ++i) {
    in_flight -= i == 0 ? 0 : mss_bytes;
    congestion.on_delivered_in_recovery(mss_bytes, in_flight, i > 0);
    while (in_flight + mss_bytes <= congestion.window_bytes()) {
      congestion.on_sent_in_recovery(mss_bytes);
      in_flight += mss_bytes;
      sent += mss_bytes;
    }
  }
  EXPECT_NEAR(sent, 0.7 * 19'000, mss_bytes);
  EXPECT_NEAR(in_flight, 14'000, mss_bytes);
}

// RFC 6937, 3.1: after heavy losses, what is in flight grows as in slow start, up to the threshold.
TEST(Congestion, RecoveryFromHeavyLossesGrowsSlowly) {
  Congestion congestion;
  congestion.start(mss_bytes, 20);
  congestion.reduce(20'000);
  congestion.on_delivered_in_recovery(1000, 3000, true);
  EXPECT_EQ(congestion.window_bytes(), 5000u);
  congestion.on_sent_in_recovery(2000);
  congestion.on_delivered_in_recovery(1000, 13'500, true);
  EXPECT_NEAR(congestion.window_bytes(), 14'000, 1);
  congestion.end_recovery();
  EXPECT_NEAR(congestion.window_bytes(), 14'000, 1);
}

TEST(Congestion, AnotherSegmentSizeKeepsTheBytes) {
  Congestion congestion;
  congestion.start(1460, 20);
  congestion.set_mss(1220);
  EXPECT_EQ(congestion.window_bytes(), 29'200u);
}

}  // namespace
}  // namespace weft
