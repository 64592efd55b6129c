#include "pipelines/l4/flows.h"

#include <gtest/gtest.h>

#include "tests/path.h"

namespace weft {
namespace {

using test::ethernet;
using test::Path;
using test::SnapshotBuilder;

constexpr FlowTimeouts timeouts{.half_open = seconds(5),
                                .established = seconds(300),
                                .closing = seconds(20),
                                .udp = seconds(60)};

SnapshotBuilder configuration(std::vector<test::TestEndpoint> endpoints) {
  SnapshotBuilder b;
  b.cluster("web", std::move(endpoints)).timeouts(timeouts);
  b.listener("203.0.113.10", 80, Protocol::tcp, Forward::ipip, "web");
  b.listener("203.0.113.11", 80, Protocol::tcp, Forward::nat, "web");
  b.listener("203.0.113.10", 53, Protocol::udp, Forward::ipip, "web");
  return b;
}

test::FrameBuilder tcp(const char* listener, uint16_t port, uint8_t flags) {
  return ethernet().ipv4("192.0.2.1", listener).tcp(port, 80, flags);
}

TEST(Flows, NextStateFollowsTheFlags) {
  using enum FlowState;
  struct Row {
    FlowState before;
    uint8_t flags;
    bool closed;
    FlowState after;
  };
  const Row rows[] = {
      {half_open, tcp_flag::syn, false, half_open},
      {half_open, tcp_flag::ack, false, established},
      {half_open, tcp_flag::rst, false, closing},
      {established, tcp_flag::ack, false, established},
      {established, tcp_flag::syn, false, established},
      {established, tcp_flag::fin | tcp_flag::ack, true, closing},
      {established, tcp_flag::fin | tcp_flag::ack, false, established},
      {established, tcp_flag::rst, false, closing},
      {closing, tcp_flag::ack, false, closing},
      {udp, 0, false, udp},
  };
  for (const Row& row : rows) EXPECT_EQ(next_state(row.before, row.flags, row.closed), row.after);
}

TEST(Flows, EachStateHasItsOwnTimeout) {
  Path path(configuration({{"10.0.2.1", 8080}}));
  path.send(tcp("203.0.113.10", 1, tcp_flag::syn));
  path.send(tcp("203.0.113.10", 2, tcp_flag::syn));
  path.send(tcp("203.0.113.10", 2, tcp_flag::ack));
  path.send(tcp("203.0.113.10", 3, tcp_flag::ack));
  path.send(tcp("203.0.113.10", 3, tcp_flag::fin | tcp_flag::ack));
  path.send(ethernet().ipv4("192.0.2.1", "203.0.113.10").udp(4, 53));
  const auto left_after = [&](Duration duration) {
    path.advance(duration);
    return path.counters.tunnel4_flows.entries.read();
  };
  // A flow goes at its timeout at the earliest and one sweep (5 s) later at the latest.
  EXPECT_EQ(left_after(milliseconds(4900)), 4u);
  EXPECT_EQ(left_after(seconds(6)), 3u);  // half-open
  EXPECT_EQ(left_after(seconds(9)), 3u);
  EXPECT_EQ(left_after(seconds(6)), 2u);  // closing
  EXPECT_EQ(left_after(seconds(33)), 2u);
  EXPECT_EQ(left_after(seconds(7)), 1u);  // UDP
  EXPECT_EQ(left_after(seconds(233)), 1u);
  EXPECT_EQ(left_after(seconds(14)), 0u);  // established
  EXPECT_EQ(path.counters.tunnel4_flows.expired.read(), 4u);
  EXPECT_EQ(path.counters.endpoints[0].flows_active.read(), 0u);
  EXPECT_EQ(path.counters.endpoints[0].flows.read(), 4u);
}

TEST(Flows, ASweepLetsGoOfEndpointsThatLeft) {
  Path path(configuration({{"10.0.2.1", 8080}, {"10.0.2.2", 8080}}));
  for (uint16_t port = 1; port <= 100; ++port) path.send(tcp("203.0.113.10", port, tcp_flag::ack));
  for (uint16_t port = 1; port <= 100; ++port) path.send(tcp("203.0.113.11", port, tcp_flag::ack));
  path.advance(seconds(6));
  EXPECT_EQ(path.counters.tunnel4_flows.entries.read(), 100u);
  path.reconfigure(configuration({{"10.0.2.1", 8080}}));
  path.advance(seconds(12));
  EXPECT_GE(path.counters.turn.swept_generation.read(), 2u);
  // Slot 1 is no one's any more.
  EXPECT_EQ(path.counters.endpoints[1].flows_active.read(), 0u);
  EXPECT_GT(path.counters.endpoints[0].flows_active.read(), 0u);
  EXPECT_EQ(path.counters.endpoints[0].flows_active.read(),
            path.counters.tunnel4_flows.entries.read() + path.counters.nat4_flows.entries.read());
}

}  // namespace
}  // namespace weft
