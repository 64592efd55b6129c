#include "pipelines/l4/track_flow.h"

#include <gtest/gtest.h>

#include "tests/path.h"

namespace weft {
namespace {

using test::ethernet;
using test::Path;
using test::SnapshotBuilder;

std::vector<test::TestEndpoint> twenty_endpoints() {
  std::vector<test::TestEndpoint> endpoints;
  for (int i = 1; i <= 20; ++i) endpoints.push_back({"10.0.2." + std::to_string(i), 8080});
  return endpoints;
}

SnapshotBuilder configuration(std::vector<test::TestEndpoint> endpoints) {
  SnapshotBuilder b;
  b.cluster("web", std::move(endpoints));
  b.listener("203.0.113.10", 80, Protocol::tcp, Forward::nat, "web");
  b.listener("203.0.113.11", 80, Protocol::tcp, Forward::ipip, "web");
  return b;
}

TEST(TrackFlow, AFlowKeepsItsEndpointWhenTheSetChanges) {
  for (const char* listener : {"203.0.113.10", "203.0.113.11"}) {
    const auto packet = [&](uint16_t port, uint8_t flags) {
      return ethernet().ipv4("192.0.2.1", listener).tcp(port, 80, flags);
    };
    Path path(configuration(twenty_endpoints()));
    std::vector<std::string> before;
    for (uint16_t port = 1; port <= 200; ++port) {
      before.push_back(path.send(packet(port, tcp_flag::syn)).frame.destination);
    }
    // Twenty more endpoints behind the twenty: the slots of the old ones stay as they were.
    auto endpoints = twenty_endpoints();
    for (int i = 1; i <= 20; ++i) endpoints.push_back({"10.0.3." + std::to_string(i), 8080});
    path.reconfigure(configuration(endpoints));
    Path fresh(configuration(endpoints));
    uint32_t would_differ = 0;
    for (uint16_t port = 1; port <= 200; ++port) {
      EXPECT_EQ(path.send(packet(port, tcp_flag::ack)).frame.destination, before[port - 1]);
      would_differ += fresh.send(packet(port, tcp_flag::syn)).frame.destination != before[port - 1];
    }
    EXPECT_GT(would_differ, 50u);  // so the table, not the hash, is what keeps them
  }
}

TEST(TrackFlow, RepliesComeBackFromTheListener) {
  Path path(configuration(twenty_endpoints()));
  const auto out =
      path.send(ethernet().ipv4("192.0.2.1", "203.0.113.10").tcp(1234, 80, tcp_flag::syn));
  const auto reply = path.send(ethernet()
                                   .ipv4(out.frame.destination, "192.0.2.1")
                                   .tcp(8080, 1234, tcp_flag::syn | tcp_flag::ack));
  ASSERT_TRUE(reply.forwarded());
  EXPECT_EQ(reply.frame.source, "203.0.113.10");
  EXPECT_EQ(reply.frame.source_port, 80);
  EXPECT_EQ(reply.frame.destination, "192.0.2.1");
}

TEST(TrackFlow, ANewSynAfterTheEndIsANewFlow) {
  Path path(configuration(twenty_endpoints()));
  const auto packet = [&](uint8_t flags) {
    return path.send(ethernet().ipv4("192.0.2.1", "203.0.113.11").tcp(9, 80, flags));
  };
  const auto first = packet(tcp_flag::syn).frame.destination;
  packet(tcp_flag::ack);
  path.gateway.set_state(path.gateway.endpoint("web", first + ":8080"), EndpointState::draining);
  EXPECT_EQ(packet(tcp_flag::ack).frame.destination, first);
  EXPECT_EQ(packet(tcp_flag::syn).frame.destination, first);  // a late duplicate
  EXPECT_EQ(packet(tcp_flag::fin | tcp_flag::ack).frame.destination, first);
  EXPECT_EQ(packet(tcp_flag::ack).frame.destination, first);
  EXPECT_NE(packet(tcp_flag::syn).frame.destination, first);
}

TEST(TrackFlow, NatIsClosingOnlyWhenBothSidesAre) {
  auto b = configuration({{"10.0.2.1", 8080}});
  b.timeouts({.half_open = seconds(5),
              .established = seconds(100),
              .closing = seconds(5),
              .udp = seconds(30)});
  Path path(b);
  const auto to_listener = [&](uint8_t flags) {
    path.send(ethernet().ipv4("192.0.2.1", "203.0.113.10").tcp(9, 80, flags));
  };
  const auto to_client = [&](uint8_t flags) {
    return path.send(ethernet().ipv4("10.0.2.1", "192.0.2.1").tcp(8080, 9, flags));
  };
  to_listener(tcp_flag::syn);
  to_client(tcp_flag::syn | tcp_flag::ack);
  to_listener(tcp_flag::ack);
  to_listener(tcp_flag::fin | tcp_flag::ack);
  path.advance(seconds(40));
  EXPECT_EQ(path.counters.nat4_flows.entries.read(), 1u);  // half closed: still established
  to_client(tcp_flag::fin | tcp_flag::ack);
  path.advance(seconds(20));
  EXPECT_EQ(path.counters.nat4_flows.entries.read(), 0u);
}

// A SYN that comes late again and what follows it, after a pause in which the entry expired.
TEST(TrackFlow, APacketMovesOnTheFlowThatItsBurstHasJustBegun) {
  auto b = configuration(twenty_endpoints());
  b.listener("203.0.113.12", 80, Protocol::tcp, Forward::fullnat, "web");
  b.source_addresses("10.0.9.0/29");
  b.timeouts({.half_open = seconds(5),
              .established = seconds(100),
              .closing = seconds(5),
              .udp = seconds(30)});
  for (const char* listener : {"203.0.113.10", "203.0.113.11", "203.0.113.12"}) {
    Path path(b);
    const auto packet = [&](uint8_t flags) {
      return ethernet().ipv4("192.0.2.1", listener).tcp(9, 80, flags).build();
    };
    const auto entries = [&] {
      return path.counters.nat4_flows.entries.read() + path.counters.tunnel4_flows.entries.read();
    };
    path.send_burst({packet(tcp_flag::syn), packet(tcp_flag::ack)});
    path.advance(seconds(40));
    EXPECT_NE(entries(), 0u) << listener;  // established
    path.send_burst({packet(tcp_flag::rst)});
    path.advance(seconds(20));
    EXPECT_EQ(entries(), 0u) << listener;
    path.send_burst({packet(tcp_flag::ack), packet(tcp_flag::rst)});
    path.advance(seconds(20));
    EXPECT_EQ(entries(), 0u) << listener;  // closing
  }
}

TEST(TrackFlow, AReplyWithoutAFlowIsTheOneListenersOfItsEndpoint) {
  Path path(configuration({{"10.0.2.1", 8080}}));
  const auto reply =
      path.send(ethernet().ipv4("10.0.2.1", "192.0.2.1").tcp(8080, 9, tcp_flag::ack));
  ASSERT_TRUE(reply.forwarded());
  EXPECT_EQ(reply.frame.source, "203.0.113.10");
  EXPECT_EQ(reply.frame.source_port, 80);
  const auto other =
      path.send(ethernet().ipv4("10.0.2.1", "192.0.2.1").tcp(8081, 9, tcp_flag::ack));
  EXPECT_EQ(name(other.drop), name(Drop::transit));
}

}  // namespace
}  // namespace weft
