// Which choice of its hash a flow without an entry gets: slow start, limits, previous tables.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "pipelines/l4/pick_endpoint.h"
#include "tests/path.h"

namespace weft {
namespace {

using test::ethernet;
using test::Path;
using test::SnapshotBuilder;

constexpr uint16_t flows = 400;
constexpr EndpointSlot victim{3};

std::vector<test::TestEndpoint> ten_endpoints(uint32_t victims_weight = 1) {
  std::vector<test::TestEndpoint> endpoints;
  for (uint32_t i = 0; i < 10; ++i) {
    const bool is_victim = EndpointSlot{i} == victim;
    endpoints.push_back({"10.0.2." + std::to_string(i + 1), 80, is_victim ? victims_weight : 1});
  }
  return endpoints;
}

SnapshotBuilder configuration(uint32_t victims_weight = 1) {
  SnapshotBuilder b;
  b.cluster("web", ten_endpoints(victims_weight));
  b.listener("203.0.113.11", 80, Protocol::tcp, Forward::ipip, "web");
  b.listener("203.0.113.11", 53, Protocol::udp, Forward::ipip, "web");
  return b;
}

test::FrameBuilder tcp(uint16_t port, uint8_t flags) {
  return ethernet().ipv4("192.0.2.1", "203.0.113.11").tcp(port, 80, flags);
}

// The endpoints of so many flows, by client port, each seen for the first time.
std::map<uint16_t, EndpointSlot> endpoints_of(Path& path, uint8_t flags = tcp_flag::syn) {
  std::map<uint16_t, EndpointSlot> endpoints;
  for (uint16_t port = 1; port <= flows; ++port) {
    const auto out = path.send(tcp(port, flags));
    EXPECT_TRUE(out.forwarded());
    endpoints[port] = path.gateway.endpoint("web", out.frame.destination + ":80");
  }
  return endpoints;
}

uint32_t count(const std::map<uint16_t, EndpointSlot>& endpoints, EndpointSlot of) {
  uint32_t count = 0;
  for (const auto& [port, endpoint] : endpoints) count += endpoint == of ? 1 : 0;
  return count;
}

// ---- slow start

TEST(PickChoices, AnEndpointThatStartsSlowlyTakesItsShareOfItsFirstChoices) {
  Path whole(configuration());
  Path without(configuration());
  without.gateway.set_state(victim, EndpointState::down);
  Path slow(configuration());
  slow.gateway.states->set(victim, EndpointState::healthy, flow_shares / 4);
  const auto first = endpoints_of(whole);
  const auto next = endpoints_of(without);
  const auto taken = endpoints_of(slow);
  for (const auto& [port, endpoint] : taken) {
    if (first.at(port) != victim) {
      EXPECT_EQ(endpoint, first.at(port));
    } else if (endpoint != victim) {
      EXPECT_EQ(endpoint, next.at(port));
    }
  }
  const uint32_t all = count(first, victim);
  EXPECT_GT(count(taken, victim), all / 8);
  EXPECT_LT(count(taken, victim), all / 2);
}

TEST(PickChoices, AShareThatGrowsTakesNoFlowAway) {
  std::set<uint16_t> before;
  for (uint32_t share = 1; share <= flow_shares; share += share < 4 ? 1 : 4) {
    Path path(configuration());
    path.gateway.states->set(victim, EndpointState::healthy, share);
    std::set<uint16_t> now;
    for (const auto& [port, endpoint] : endpoints_of(path)) {
      if (endpoint == victim) now.insert(port);
    }
    EXPECT_TRUE(std::ranges::includes(now, before)) << share;
    before = now;
  }
}

TEST(PickChoices, WhereAllStartSlowlyTheFirstChoiceIsTaken) {
  Path whole(configuration());
  Path slow(configuration());
  for (uint32_t slot = 0; slot < 10; ++slot) {
    slow.gateway.states->set(EndpointSlot{slot}, EndpointState::healthy, 1);
  }
  EXPECT_EQ(endpoints_of(slow), endpoints_of(whole));
}

TEST(PickChoices, TheOnlyHealthyEndpointTakesAllAlthoughItStartsSlowly) {
  Path path(configuration());
  for (uint32_t slot = 0; slot < 10; ++slot) {
    path.gateway.set_state(EndpointSlot{slot}, EndpointState::down);
  }
  path.gateway.set_state(victim, EndpointState::healthy);
  path.gateway.states->set(victim, EndpointState::healthy, 1);
  EXPECT_EQ(count(endpoints_of(path), victim), flows);
}

// ---- limits

TEST(PickChoices, AFullEndpointsFlowsGoToTheNextChoiceUntilAllAreFull) {
  Path path(configuration().endpoint_flows_max(20));
  for (uint16_t port = 1; port <= 200; ++port) {
    ASSERT_TRUE(path.send(tcp(port, tcp_flag::syn)).forwarded()) << port;
  }
  for (uint32_t slot = 0; slot < 10; ++slot) {
    EXPECT_EQ(path.counters.endpoints[slot].flows_active.read(), 20u);
  }
  const auto refused = path.send(tcp(201, tcp_flag::syn));
  EXPECT_EQ(name(refused.drop), name(Drop::endpoints_full));
  EXPECT_EQ(refused.frame.flags, tcp_flag::rst | tcp_flag::ack);
  EXPECT_TRUE(path.send(tcp(7, tcp_flag::ack)).forwarded()) << "a flow that has its place";
}

TEST(PickChoices, AWorkerHasItsShareOfALimit) {
  for (const uint32_t worker : {0u, 1u}) {
    Path path(configuration().endpoint_flows_max(20).worker_weights({1, 3}),
              {1024, 1024, 1024, 1024}, static_cast<uint16_t>(worker));
    for (uint16_t port = 1; port <= 2000; ++port) path.send(tcp(port, tcp_flag::syn));
    for (uint32_t slot = 0; slot < 10; ++slot) {
      EXPECT_EQ(path.counters.endpoints[slot].flows_active.read(), worker == 0 ? 5u : 15u) << slot;
    }
  }
}

TEST(PickChoices, AConnectionInItsMiddleIsNoNewFlowForALimit) {
  Path path(configuration().endpoint_flows_max(1));
  for (uint16_t port = 1; port <= 10; ++port) path.send(tcp(port, tcp_flag::syn));
  EXPECT_EQ(name(path.send(tcp(11, tcp_flag::syn)).drop), name(Drop::endpoints_full));
  Path unlimited(configuration());
  const auto out = path.send(tcp(12, tcp_flag::ack));
  ASSERT_TRUE(out.forwarded());
  EXPECT_EQ(out.frame.destination, unlimited.send(tcp(12, tcp_flag::ack)).frame.destination);
}

TEST(PickChoices, AFlowThatEndsGivesItsPlaceAway) {
  Path path(configuration().endpoint_flows_max(1));
  for (uint16_t port = 1; port <= 10; ++port) path.send(tcp(port, tcp_flag::syn));
  path.send(tcp(1, tcp_flag::rst));
  for (int i = 0; i < 30; ++i) path.advance(seconds(1));
  EXPECT_TRUE(path.send(tcp(11, tcp_flag::syn)).forwarded());
}

// ---- previous tables

SnapshotBuilder after_removal() {
  return configuration(0).previously(ten_endpoints());
}

TEST(PickChoices, InMidFlowAPacketGoesWhereItWentBeforeTheChange) {
  Path before(configuration());
  Path after(after_removal());
  const auto had = endpoints_of(before);
  ASSERT_GT(count(had, victim), 10u);
  EXPECT_EQ(endpoints_of(after, tcp_flag::ack), had);
}

TEST(PickChoices, ANewFlowGoesByTheTableOfNow) {
  Path now(configuration(0));
  Path after(after_removal());
  const auto expected = endpoints_of(now);
  EXPECT_EQ(count(expected, victim), 0u);
  EXPECT_EQ(endpoints_of(after), expected);
  for (uint16_t port = 1; port <= 50; ++port) {
    const auto query = ethernet().ipv4("192.0.2.1", "203.0.113.11").udp(port, 53);
    EXPECT_EQ(after.send(query).frame.destination, now.send(query).frame.destination);
  }
}

TEST(PickChoices, InMidFlowADrainingEndpointOfBeforeIsMetAndADeadOneIsNot) {
  Path before(configuration());
  Path now(configuration(0));
  const auto had = endpoints_of(before);
  const auto has = endpoints_of(now, tcp_flag::ack);
  Path draining(after_removal());
  draining.gateway.states->set(victim, EndpointState::draining);
  EXPECT_EQ(endpoints_of(draining, tcp_flag::ack), had);
  Path dead(after_removal());
  dead.gateway.states->set(victim, EndpointState::down);
  for (const auto& [port, endpoint] : endpoints_of(dead, tcp_flag::ack)) {
    EXPECT_EQ(endpoint, had.at(port) == victim ? has.at(port) : had.at(port));
  }
}

TEST(PickChoices, WhatWasFoundByTheTableOfBeforeStaysWhenItGoes) {
  Path path(after_removal());
  const auto had = endpoints_of(path, tcp_flag::ack);
  path.reconfigure(configuration(0));
  EXPECT_EQ(endpoints_of(path, tcp_flag::ack), had);
}

// Every flow with an entry stays where it is, whatever becomes of the set.
TEST(PickChoices, NoChangeOfTheSetMovesAFlowThatHasAnEntry) {
  Path path(configuration());
  const auto had = endpoints_of(path);
  path.reconfigure(configuration(0));
  EXPECT_EQ(endpoints_of(path, tcp_flag::ack), had);
  path.reconfigure(configuration(7));
  EXPECT_EQ(endpoints_of(path, tcp_flag::ack), had);
  path.reconfigure(after_removal());
  EXPECT_EQ(endpoints_of(path, tcp_flag::ack), had);
}

TEST(PickChoices, AClusterThatLostAllItsEndpointsStillServesConnectionsOfBefore) {
  SnapshotBuilder b;
  b.cluster("web", {{"10.0.2.1", 80, 0}}).previously({{"10.0.2.1", 80, 1}});
  b.listener("203.0.113.11", 80, Protocol::tcp, Forward::ipip, "web");
  Path path(b);
  EXPECT_EQ(name(path.send(tcp(1, tcp_flag::syn)).drop), name(Drop::no_endpoint));
  EXPECT_TRUE(path.send(tcp(2, tcp_flag::ack)).forwarded());
}

}  // namespace
}  // namespace weft
