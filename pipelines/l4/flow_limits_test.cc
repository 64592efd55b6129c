#include "pipelines/l4/flow_limits.h"

#include <gtest/gtest.h>

#include "tests/path.h"

namespace weft {
namespace {

using test::ethernet;
using test::Path;
using test::SnapshotBuilder;

struct Family {
  bool v4;
  std::string_view listener, client, neighbour, stranger;
};
// The neighbour is another client; of IPv6 it shares its first 64 bits with the first.
constexpr Family v4{true, "203.0.113.10", "10.9.0.1", "10.9.0.2", "10.9.1.1"};
constexpr Family v6{false, "2001:db8:1::10", "fd00:9::1", "fd00:9::2", "fd00:9:1::1"};

SnapshotBuilder web(const Family& family, Forward forward, const ListenerLimits& limits) {
  SnapshotBuilder b;
  b.source_addresses("10.0.0.240/29").source_addresses("fd00::f0/124");
  b.cluster("web", {{family.v4 ? "10.0.2.1" : "fd00:2::1", 8080}});
  b.listener(family.listener, 80, Protocol::tcp, forward, "web").limit(limits);
  b.listener(family.listener, 53, Protocol::udp, forward, "web").limit(limits);
  return b;
}

class LimitedListener : public testing::TestWithParam<std::tuple<bool, Forward>> {
 protected:
  LimitedListener()
      : family_(std::get<0>(GetParam()) ? v4 : v6), forward_(std::get<1>(GetParam())) {}

  void limit(const ListenerLimits& limits) { path_.emplace(web(family_, forward_, limits)); }
  Drop send(std::string_view client, uint16_t port, uint8_t flags = tcp_flag::syn) {
    auto frame = ethernet();
    family_.v4 ? frame.ipv4(client, family_.listener) : frame.ipv6(client, family_.listener);
    return path_->send(frame.tcp(port, 80, flags)).drop;
  }
  // As many of these flows as begin.
  uint32_t begin(std::string_view client, uint32_t flows, Drop else_drop) {
    uint32_t begun = 0;
    for (uint32_t i = 0; i < flows; ++i) {
      const Drop drop = send(client, next_port_++);
      begun += uint32_t{drop == Drop::none};
      if (drop != Drop::none) {
        EXPECT_EQ(name(drop), name(else_drop));
      }
    }
    return begun;
  }

  Family family_;
  Forward forward_;
  std::optional<Path> path_;
  uint16_t next_port_ = 1000;
};

TEST_P(LimitedListener, ASecondsWorthBeginsAtOnceAndThenOneAtATime) {
  limit({.new_flow_interval = milliseconds(100)});
  EXPECT_EQ(begin(family_.client, 6, Drop::new_flow_rate), 6u);
  EXPECT_EQ(begin(family_.stranger, 6, Drop::new_flow_rate), 4u);
  path_->advance(milliseconds(250));
  EXPECT_EQ(begin(family_.client, 6, Drop::new_flow_rate), 2u);
  EXPECT_EQ(send(family_.client, 1000, tcp_flag::ack), Drop::none) << "that flow has begun";
}

TEST_P(LimitedListener, ARateOfEachClient) {
  limit({.source_new_flow_interval = milliseconds(250)});
  EXPECT_EQ(begin(family_.client, 6, Drop::source_new_flow_rate), 4u);
  EXPECT_EQ(begin(family_.neighbour, 6, Drop::source_new_flow_rate), family_.v4 ? 4u : 0u);
  EXPECT_EQ(begin(family_.stranger, 6, Drop::source_new_flow_rate), 4u);
  path_->advance(milliseconds(500));
  EXPECT_EQ(begin(family_.client, 6, Drop::source_new_flow_rate), 2u);
}

TEST_P(LimitedListener, AClientOverItsRateTakesNothingFromOthers) {
  limit({.new_flow_interval = milliseconds(100), .source_new_flow_interval = milliseconds(500)});
  EXPECT_EQ(begin(family_.client, 100, Drop::source_new_flow_rate), 2u);
  EXPECT_EQ(begin(family_.stranger, 2, Drop::new_flow_rate), 2u);
}

TEST_P(LimitedListener, AFlowThatEndsMakesRoomForAnother) {
  limit({.flows_max = 3});
  EXPECT_EQ(begin(family_.client, 2, Drop::listener_flows_full), 2u);
  EXPECT_EQ(begin(family_.stranger, 2, Drop::listener_flows_full), 1u);
  path_->advance(FlowTimeouts{}.half_open * 3);
  EXPECT_EQ(begin(family_.client, 4, Drop::listener_flows_full), 3u);
}

TEST_P(LimitedListener, EachClientHasItsOwnFlows) {
  limit({.source_flows_max = 2});
  EXPECT_EQ(begin(family_.client, 4, Drop::source_flows_full), 2u);
  EXPECT_EQ(begin(family_.neighbour, 4, Drop::source_flows_full), family_.v4 ? 2u : 0u);
  EXPECT_EQ(begin(family_.stranger, 4, Drop::source_flows_full), 2u);
  path_->advance(FlowTimeouts{}.half_open * 3);
  EXPECT_EQ(begin(family_.client, 4, Drop::source_flows_full), 2u);
}

TEST_P(LimitedListener, AFlowThatBeginsAnewIsNotTwo) {
  limit({.flows_max = 1, .source_flows_max = 1});
  EXPECT_EQ(send(family_.client, 7), Drop::none);
  EXPECT_EQ(send(family_.client, 7, tcp_flag::rst), Drop::none);
  EXPECT_EQ(send(family_.client, 7), Drop::none);
  EXPECT_EQ(send(family_.client, 8), Drop::listener_flows_full);
}

TEST_P(LimitedListener, TheKeysOfListenersDoNotMix) {
  limit({.flows_max = 1, .source_flows_max = 1});
  EXPECT_EQ(send(family_.client, 7), Drop::none);
  auto frame = ethernet();
  family_.v4 ? frame.ipv4(family_.client, family_.listener)
             : frame.ipv6(family_.client, family_.listener);
  EXPECT_EQ(path_->send(frame.udp(7, 53)).drop, Drop::none);
}

TEST_P(LimitedListener, WhatNeedsNoEntryPassesInMidFlow) {
  limit({.flows_max = 1});
  EXPECT_EQ(send(family_.client, 7), Drop::none);
  EXPECT_EQ(send(family_.stranger, 7, tcp_flag::ack),
            is_nat(forward_) ? Drop::listener_flows_full : Drop::none);
}

// Of 200 flows those that begin at this worker of two.
uint32_t begun_at(uint16_t worker, const ListenerLimits& limits) {
  Path path(web(v4, Forward::ipip, limits).worker_weights({1, 3}), {1024, 1024, 1024, 1024},
            worker);
  uint32_t begun = 0;
  for (uint16_t port = 1; port <= 200; ++port) {
    const auto syn = ethernet().ipv4(v4.client, v4.listener).tcp(port, 80, tcp_flag::syn);
    begun += uint32_t{path.send(syn).forwarded()};
  }
  return begun;
}

TEST(FlowLimits, AWorkerHasItsShare) {
  const ListenerLimits number{.flows_max = 20}, of_source{.source_flows_max = 20};
  EXPECT_EQ(begun_at(0, number), 5u);
  EXPECT_EQ(begun_at(1, number), 15u);
  EXPECT_EQ(begun_at(0, of_source), 5u);
  EXPECT_EQ(begun_at(1, of_source), 15u);
  const ListenerLimits rate{.new_flow_interval = milliseconds(50)};
  EXPECT_EQ(begun_at(0, rate), 5u);
  EXPECT_EQ(begun_at(1, rate), 15u);
}

INSTANTIATE_TEST_SUITE_P(EveryMode, LimitedListener,
                         testing::Combine(testing::Bool(),
                                          testing::Values(Forward::nat, Forward::fullnat,
                                                          Forward::ipip, Forward::direct)));

// Flows from before there was a limit leave without having been counted.
TEST(FlowLimitsLater, ALimitThatComesLaterCountsWhatBeginsFromThenOn) {
  Path path(web(v4, Forward::ipip, {}));
  const auto begin = [&](uint16_t port) {
    return path.send(ethernet().ipv4(v4.client, v4.listener).tcp(port, 80, tcp_flag::syn)).drop;
  };
  for (uint16_t port = 1; port <= 5; ++port) EXPECT_EQ(begin(port), Drop::none);
  path.reconfigure(web(v4, Forward::ipip, {.flows_max = 2}));
  EXPECT_EQ(begin(6), Drop::none);
  EXPECT_EQ(begin(7), Drop::none);
  EXPECT_EQ(begin(8), Drop::listener_flows_full);
  path.advance(FlowTimeouts{}.half_open * 3);
  EXPECT_EQ(begin(9), Drop::none);
  EXPECT_EQ(begin(10), Drop::none);
  EXPECT_EQ(begin(11), Drop::listener_flows_full);
}

}  // namespace
}  // namespace weft
