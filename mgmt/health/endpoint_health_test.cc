#include "mgmt/health/endpoint_health.h"

#include <gtest/gtest.h>

namespace weft::mgmt {
namespace {

constexpr uint32_t fall = 3;
constexpr uint32_t rise = 2;

Instant at(int64_t ms) {
  return Instant(milliseconds(ms));
}

// An endpoint and a clock that goes on by one second with each probe.
struct Probed {
  EndpointHealth health{true, at(0)};
  int64_t now_ms = 0;

  bool passes() { return probe(true, "status 200"); }
  bool fails() { return probe(false, "connection refused"); }
  bool probe(bool passed, std::string_view why) {
    now_ms += 1000;
    return health.on_probe(passed, why, fall, rise, at(now_ms));
  }
};

Probed healthy() {
  Probed probed;
  probed.passes();
  return probed;
}

Probed dead() {
  Probed probed = healthy();
  for (uint32_t i = 0; i < fall; ++i) probed.fails();
  return probed;
}

void expect(const EndpointHealth& health, EndpointState state, int64_t since_ms,
            std::string_view why) {
  EXPECT_EQ(health.state(), state);
  EXPECT_EQ(health.since(), at(since_ms));
  EXPECT_EQ(health.why(), why);
}

// The rows of the table in README.md.

TEST(EndpointHealth, Row1NewIsDownUntilProbed) {
  const EndpointHealth health(true, at(7));
  expect(health, EndpointState::down, 7, "not probed yet");
  EXPECT_FALSE(health.judged());
  EXPECT_EQ(health.last_probe(), "");
}

TEST(EndpointHealth, Row2NewWithoutHealthChecksIsHealthy) {
  const EndpointHealth health(false, at(7));
  expect(health, EndpointState::healthy, 7, "no health check");
  EXPECT_TRUE(health.judged());
}

TEST(EndpointHealth, Row3OneSuccessSufficesForANewEndpoint) {
  Probed probed;
  EXPECT_TRUE(probed.passes());
  expect(probed.health, EndpointState::healthy, 1000, "first probe passed");
  EXPECT_TRUE(probed.health.judged());
  EXPECT_EQ(probed.health.last_probe(), "status 200");
}

TEST(EndpointHealth, Row4AFirstFailureIsWorthARecordAndNoSecondChance) {
  Probed probed;
  EXPECT_TRUE(probed.fails());
  expect(probed.health, EndpointState::down, 0, "first probe failed: connection refused");
  EXPECT_TRUE(probed.health.judged());
  EXPECT_FALSE(probed.passes());
  EXPECT_TRUE(probed.passes());
  expect(probed.health, EndpointState::healthy, 3000, "2 probes in a row passed");
}

TEST(EndpointHealth, Row5FewerThanFallFailuresChangeNothing) {
  Probed probed = healthy();
  EXPECT_FALSE(probed.fails());
  EXPECT_FALSE(probed.fails());
  expect(probed.health, EndpointState::healthy, 1000, "first probe passed");
  EXPECT_EQ(probed.health.last_probe(), "connection refused");
}

TEST(EndpointHealth, Row6FallFailuresInARowAreDown) {
  Probed probed = healthy();
  probed.fails();
  probed.fails();
  EXPECT_TRUE(probed.fails());
  expect(probed.health, EndpointState::down, 4000, "3 probes in a row failed: connection refused");
}

TEST(EndpointHealth, Row7ASuccessBetweenFailuresCountsThemFromZero) {
  Probed probed = healthy();
  probed.fails();
  probed.fails();
  EXPECT_FALSE(probed.passes());
  probed.fails();
  EXPECT_FALSE(probed.fails());
  EXPECT_EQ(probed.health.state(), EndpointState::healthy);
  EXPECT_TRUE(probed.fails());
}

TEST(EndpointHealth, Row8FewerThanRiseSuccessesChangeNothing) {
  Probed probed = dead();
  EXPECT_FALSE(probed.passes());
  expect(probed.health, EndpointState::down, 4000, "3 probes in a row failed: connection refused");
}

TEST(EndpointHealth, Row9RiseSuccessesInARowAreHealthy) {
  Probed probed = dead();
  probed.passes();
  EXPECT_TRUE(probed.passes());
  expect(probed.health, EndpointState::healthy, 6000, "2 probes in a row passed");
}

TEST(EndpointHealth, Row10AFailureBetweenSuccessesCountsThemFromZero) {
  Probed probed = dead();
  probed.passes();
  EXPECT_FALSE(probed.fails());
  EXPECT_FALSE(probed.passes());
  EXPECT_TRUE(probed.passes());
}

TEST(EndpointHealth, Row11WithoutHealthChecksADeadEndpointIsHealthy) {
  Probed probed = dead();
  EXPECT_TRUE(probed.health.on_checked(false, at(9000)));
  expect(probed.health, EndpointState::healthy, 9000, "no health check");
  EXPECT_EQ(probed.health.last_probe(), "");
}

TEST(EndpointHealth, Row12HealthChecksTurnedOnWaitForFallFailures) {
  Probed probed{EndpointHealth(false, at(0))};
  EXPECT_FALSE(probed.health.on_checked(true, at(0)));
  expect(probed.health, EndpointState::healthy, 0, "no health check");
  probed.fails();
  EXPECT_FALSE(probed.fails());
  EXPECT_TRUE(probed.fails());
  EXPECT_EQ(probed.health.state(), EndpointState::down);
}

TEST(EndpointHealth, Row13ANewEndpointBeginsWithWhatAnotherClusterKnows) {
  const auto known = EndpointHealth::as_known(healthy().health, "web", at(50));
  expect(known, EndpointState::healthy, 50, "healthy in cluster web");
  EXPECT_TRUE(known.judged());
  expect(EndpointHealth::as_known(dead().health, "web", at(50)), EndpointState::down, 50,
         "down in cluster web");
}

// Draining.

TEST(EndpointHealth, AnAliveEndpointDrainsAndComesBack) {
  Probed probed = healthy();
  EXPECT_TRUE(probed.health.on_drain("weight 0", at(2000)));
  expect(probed.health, EndpointState::draining, 2000, "weight 0");
  EXPECT_FALSE(probed.health.on_drain("removed", at(3000)));
  expect(probed.health, EndpointState::draining, 2000, "removed");
  EXPECT_TRUE(probed.health.on_drain("", at(4000)));
  expect(probed.health, EndpointState::healthy, 4000, "first probe passed");
}

TEST(EndpointHealth, ADrainingEndpointThatDiesIsDown) {
  Probed probed = healthy();
  probed.health.on_drain("weight 0", at(1500));
  probed.fails();
  probed.fails();
  EXPECT_TRUE(probed.fails());
  expect(probed.health, EndpointState::down, 4000, "3 probes in a row failed: connection refused");
  probed.passes();
  EXPECT_TRUE(probed.passes());
  expect(probed.health, EndpointState::draining, 6000, "weight 0");
}

TEST(EndpointHealth, ANewEndpointThatDrainsIsDownUntilProbed) {
  Probed probed;
  EXPECT_FALSE(probed.health.on_drain("weight 0", at(0)));
  expect(probed.health, EndpointState::down, 0, "not probed yet");
  EXPECT_TRUE(probed.passes());
  expect(probed.health, EndpointState::draining, 1000, "weight 0");
}

// Disabled.

TEST(EndpointHealth, ADisabledEndpointIsDownWhateverProbesSay) {
  Probed probed = healthy();
  probed.health.on_drain("weight 0", at(1500));
  EXPECT_TRUE(probed.health.on_disable("disabled by alice", at(2000)));
  expect(probed.health, EndpointState::down, 2000, "disabled by alice");
  EXPECT_FALSE(probed.passes());
  expect(probed.health, EndpointState::down, 2000, "disabled by alice");
  EXPECT_TRUE(probed.health.on_disable("", at(9000)));
  expect(probed.health, EndpointState::draining, 9000, "weight 0");
}

TEST(EndpointHealth, OneThatDiedWhileDisabledIsDownWhenItIsEnabled) {
  Probed probed = healthy();
  probed.health.on_disable("disabled by alice", at(2000));
  probed.fails();
  probed.fails();
  EXPECT_FALSE(probed.fails());
  EXPECT_FALSE(probed.health.on_disable("", at(9000)));
  expect(probed.health, EndpointState::down, 2000, "3 probes in a row failed: connection refused");
}

TEST(EndpointHealth, AFallOfOneSpeaksOfOneProbe) {
  EndpointHealth health(true, at(0));
  health.on_probe(true, "connected", 1, 1, at(1));
  EXPECT_TRUE(health.on_probe(false, "no answer in 300 ms", 1, 1, at(2)));
  EXPECT_EQ(health.why(), "1 probe failed: no answer in 300 ms");
}

TEST(EndpointHealth, ALowerFallCountsTheFailuresSoFar) {
  Probed probed = healthy();
  probed.fails();
  EXPECT_TRUE(probed.health.on_probe(false, "connection refused", 1, rise, at(9000)));
  EXPECT_EQ(probed.health.why(), "2 probes in a row failed: connection refused");
}

}  // namespace
}  // namespace weft::mgmt
