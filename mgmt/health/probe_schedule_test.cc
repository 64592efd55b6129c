#include "mgmt/health/probe_schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace weft::mgmt {
namespace {

constexpr ProbeTimes times{seconds(1), milliseconds(300)};
constexpr ProbeTimes rare{std::chrono::hours(1), milliseconds(300)};  // first probes, hardly more

Instant at(int64_t ms) {
  return Instant(milliseconds(ms));
}
EndpointSlot slot(uint32_t i) {
  return EndpointSlot{i};
}

// A schedule, a clock, and what the last poll gave.
struct Drive {
  explicit Drive(ProbeLimits limits = {}, uint64_t seed = 1) : schedule(limits, seed) {}

  void poll() {
    started.clear();
    overdue.clear();
    schedule.poll(now, started, overdue);
  }
  // Polls at the next moment that the schedule wants to be polled at.
  void poll_next() {
    now = std::max(now, schedule.next_poll());
    poll();
  }
  void report_all() {
    for (const ProbeAttempt& attempt : started) EXPECT_TRUE(schedule.on_report(attempt, now));
  }

  ProbeSchedule schedule;
  Instant now = at(0);
  std::vector<ProbeAttempt> started;
  std::vector<ProbeAttempt> overdue;
};

TEST(ProbeSchedule, ProbesANewEndpointAtOnce) {
  Drive run;
  run.schedule.add(slot(5), times, run.now);
  EXPECT_EQ(run.schedule.next_poll(), at(0));
  run.poll();
  ASSERT_EQ(run.started.size(), 1u);
  EXPECT_EQ(run.started[0].endpoint, slot(5));
}

TEST(ProbeSchedule, StartsFollowEachOtherByTheIntervalOrLess) {
  Drive run;
  run.schedule.add(slot(0), times, run.now);
  run.poll();
  run.report_all();
  run.poll_next();
  EXPECT_LE(run.now, at(1000));
  std::set<Duration> gaps;
  for (int i = 0; i < 200; ++i) {
    const Instant before = run.now;
    run.now += milliseconds(20);  // the report takes its time; only starts count
    run.report_all();
    run.poll_next();
    ASSERT_EQ(run.started.size(), 1u);
    gaps.insert(run.now - before);
  }
  EXPECT_GE(*gaps.begin(), milliseconds(900));
  EXPECT_LE(*gaps.rbegin(), milliseconds(1000));
  EXPECT_GT(*gaps.rbegin() - *gaps.begin(), milliseconds(75));
}

TEST(ProbeSchedule, NeverTwoProbesOfOneEndpointInFlight) {
  Drive run;
  run.schedule.add(slot(0), {milliseconds(100), seconds(3)}, run.now);
  run.poll();
  ASSERT_EQ(run.started.size(), 1u);
  const ProbeAttempt first = run.started[0];
  run.now = at(3000);
  run.poll();
  EXPECT_TRUE(run.started.empty());
  EXPECT_TRUE(run.schedule.on_report(first, run.now));
  run.poll_next();
  EXPECT_EQ(run.started.size(), 1u);
}

TEST(ProbeSchedule, AProbeThatNeverReportsIsOverdueOnceAndItsLateReportCountsForNothing) {
  Drive run;
  run.schedule.add(slot(0), times, run.now);
  run.poll();
  const ProbeAttempt lost = run.started.at(0);
  run.poll_next();
  EXPECT_EQ(run.now, at(500));  // timeout and margin
  EXPECT_EQ(run.overdue, std::vector{lost});
  EXPECT_FALSE(run.schedule.on_report(lost, run.now));
  while (run.started.empty()) run.poll_next();
  EXPECT_FALSE(run.schedule.on_report(lost, run.now));
  EXPECT_TRUE(run.schedule.on_report(run.started[0], run.now));
  EXPECT_FALSE(run.schedule.on_report(run.started[0], run.now));
}

TEST(ProbeSchedule, AThousandNewEndpointsStartWithinTheirLimit) {
  Drive run({.probes_max = 64, .first_probes_max = 16});
  for (uint32_t i = 0; i < 1000; ++i) run.schedule.add(slot(i), rare, run.now);
  std::set<uint32_t> probed;
  for (int round = 0; probed.size() < 1000; ++round) {
    ASSERT_LT(round, 1000);
    run.poll();
    ASSERT_LE(run.schedule.in_flight(), 16u);
    for (const ProbeAttempt& attempt : run.started) probed.insert(index(attempt.endpoint));
    run.now += milliseconds(1);
    run.report_all();
  }
}

TEST(ProbeSchedule, NewEndpointsThatDoNotAnswerDoNotDelayTheOthers) {
  Drive run({.probes_max = 64, .first_probes_max = 16});
  run.schedule.add(slot(0), times, run.now);
  run.poll();
  run.report_all();
  for (uint32_t i = 1; i <= 500; ++i) run.schedule.add(slot(i), rare, run.now);
  Instant last = run.now;
  while (run.now < at(10'000)) {
    run.poll_next();
    for (const ProbeAttempt& attempt : run.started) {
      if (attempt.endpoint != slot(0)) continue;
      EXPECT_LE(run.now - last, milliseconds(1100));
      last = run.now;
      run.schedule.on_report(attempt, run.now);
    }
  }
  EXPECT_GE(last, at(8'900));
}

TEST(ProbeSchedule, EndpointsThatAppearTogetherSpreadOverTheInterval) {
  Drive run({.probes_max = 2000, .first_probes_max = 1000});
  for (uint32_t i = 0; i < 1000; ++i) run.schedule.add(slot(i), times, run.now);
  run.poll();
  run.report_all();
  std::map<int64_t, int> by_tenth;
  while (run.now < at(1000)) {
    run.poll_next();
    by_tenth[to_ms(run.now.time_since_epoch()) / 100] += static_cast<int>(run.started.size());
    run.report_all();
  }
  for (int64_t tenth = 0; tenth < 9; ++tenth) EXPECT_NEAR(by_tenth[tenth], 100, 50) << tenth;
}

TEST(ProbeSchedule, AShorterIntervalBringsTheNextProbeNearer) {
  Drive run;
  run.schedule.add(slot(0), {seconds(60), milliseconds(300)}, run.now);
  run.poll();
  run.report_all();
  run.poll_next();
  run.report_all();
  const Instant started = run.now;
  run.schedule.change(slot(0), times, started + milliseconds(10));
  EXPECT_LE(run.schedule.next_poll(), started + milliseconds(1100));
}

TEST(ProbeSchedule, ARemovedEndpointIsForgottenWhereverItStands) {
  Drive run({.probes_max = 2, .first_probes_max = 1});
  run.schedule.add(slot(0), times, run.now);
  run.schedule.add(slot(1), times, run.now);
  run.poll();
  ASSERT_EQ(run.started.size(), 1u);
  const ProbeAttempt in_flight = run.started[0];
  run.schedule.remove(in_flight.endpoint);
  EXPECT_FALSE(run.schedule.on_report(in_flight, run.now));
  EXPECT_EQ(run.schedule.in_flight(), 0u);
  run.poll();
  ASSERT_EQ(run.started.size(), 1u);  // the other one got its turn
  run.report_all();
  run.schedule.remove(run.started[0].endpoint);
  EXPECT_EQ(run.schedule.next_poll(), Instant::max());
}

TEST(ProbeSchedule, ASlotThatIsUsedAgainTellsOldReportsApart) {
  Drive run;
  run.schedule.add(slot(0), times, run.now);
  run.poll();
  const ProbeAttempt old = run.started.at(0);
  run.schedule.remove(slot(0));
  run.schedule.add(slot(0), times, run.now);
  run.poll();
  EXPECT_FALSE(run.schedule.on_report(old, run.now));
  EXPECT_TRUE(run.schedule.on_report(run.started.at(0), run.now));
}

TEST(ProbeSchedule, ASeedReplaysIdentically) {
  const auto transcript = [](uint64_t seed) {
    Drive run({}, seed);
    std::vector<std::pair<Instant, uint32_t>> starts;
    for (uint32_t i = 0; i < 50; ++i) run.schedule.add(slot(i), times, run.now);
    while (run.now < at(5000)) {
      run.poll();
      for (const ProbeAttempt& attempt : run.started) {
        starts.emplace_back(run.now, index(attempt.endpoint));
      }
      run.report_all();
      run.now = std::max(run.now, run.schedule.next_poll());
    }
    return starts;
  };
  EXPECT_EQ(transcript(7), transcript(7));
  EXPECT_NE(transcript(7), transcript(8));
}

// The promise of README.md: for random moments of death and random report times, an endpoint is
// found dead within fall x interval + timeout.
TEST(ProbeSchedule, FallFailuresComeWithinThePromisedTime) {
  constexpr int fall = 3;
  std::mt19937_64 random(11);
  for (int round = 0; round < 300; ++round) {
    Drive run({}, random());
    const Instant death = at(5000 + static_cast<int64_t>(random() % 2000));
    run.schedule.add(slot(0), times, run.now);
    int failures = 0;
    while (failures < fall) {
      run.poll_next();
      ASSERT_TRUE(run.overdue.empty());
      for (const ProbeAttempt& attempt : run.started) {
        const bool passes = run.now < death;
        run.now += passes ? milliseconds(random() % 20) : milliseconds(300);
        failures = passes ? 0 : failures + 1;
        run.schedule.on_report(attempt, run.now);
      }
    }
    EXPECT_LE(run.now - death, fall * milliseconds(1000) + milliseconds(300));
  }
}

}  // namespace
}  // namespace weft::mgmt
