#include "pipelines/l4/waiting_packets.h"

#include <gtest/gtest.h>

#include "tests/path.h"

namespace weft {
namespace {

using test::ethernet;
using test::Path;
using test::SnapshotBuilder;

SnapshotBuilder configuration() {
  SnapshotBuilder b;
  b.cluster("web", {{"10.0.2.1", 8080}});
  b.listener("203.0.113.10", 80, Protocol::tcp, Forward::nat, "web");
  return b;
}

test::FrameBuilder reply(uint16_t port) {
  return ethernet().ipv4("10.0.2.1", "10.7.7.7").tcp(8080, port, tcp_flag::syn | tcp_flag::ack);
}

TEST(WaitingPackets, GoOutWhenTheirNeighbourIsKnown) {
  Path path(configuration());
  EXPECT_EQ(path.send(reply(9)).verdict, Verdict::hold);
  EXPECT_TRUE(path.release().empty());
  auto known = configuration();
  known.neighbour("10.7.7.7");
  path.reconfigure(known);
  const auto out = path.release();
  ASSERT_EQ(out.size(), 1u);
  ASSERT_TRUE(out[0].forwarded());
  EXPECT_TRUE(out[0].frame.sound()) << out[0].frame;
  EXPECT_EQ(out[0].frame.source, "203.0.113.10");
  EXPECT_EQ(out[0].frame.destination, "10.7.7.7");
  EXPECT_TRUE(path.release().empty());
}

// What goes through a tunnel waits for its endpoint, not for the listener that it still names
// inside.
TEST(WaitingPackets, GoToTheEndpointOfTheirTunnel) {
  SnapshotBuilder tunnel;
  tunnel.cluster("web", {{"10.0.2.1", 8080}});
  tunnel.listener("203.0.113.10", 80, Protocol::udp, Forward::ipip, "web");
  Path path(tunnel);
  const auto resolved = path.gateway.snapshot.routing;
  auto unresolved = std::make_shared<RoutingPart>(*resolved);
  for (NextHop& hop : unresolved->next_hops) hop.link_header_bytes = 0;
  path.gateway.snapshot.routing = unresolved;
  const auto out = path.send(ethernet().ipv4("192.0.2.1", "203.0.113.10").udp(1234, 80));
  EXPECT_EQ(out.verdict, Verdict::hold) << name(out.drop);
  path.gateway.snapshot.routing = resolved;
  const auto released = path.release();
  ASSERT_EQ(released.size(), 1u);
  ASSERT_TRUE(released[0].forwarded()) << name(released[0].drop);
  EXPECT_TRUE(released[0].frame.sound()) << released[0].frame;
  EXPECT_EQ(released[0].frame.destination, "10.0.2.1");
}

TEST(WaitingPackets, AreDroppedWhenTheyWaitedTooLong) {
  Path path(configuration());
  path.send(reply(9));
  path.now += WaitingPackets::wait_max;
  const auto out = path.release();
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(name(out[0].drop), name(Drop::next_hop_unresolved));
}

TEST(WaitingPackets, AreBounded) {
  Path path(configuration());
  for (uint16_t n = 1; n <= WaitingPackets::packets_max; ++n) {
    ASSERT_EQ(path.send(reply(n)).verdict, Verdict::hold);
  }
  EXPECT_EQ(name(path.send(reply(1000)).drop), name(Drop::next_hop_unresolved));
}  // and what still waits is freed: the Path counts buffers

}  // namespace
}  // namespace weft
