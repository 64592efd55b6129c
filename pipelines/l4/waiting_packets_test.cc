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

// To a port where nobody listens, from a client whose MAC address is not known.
test::FrameBuilder refused(uint16_t port) {
  return ethernet().ipv4("10.7.7.7", "203.0.113.10").tcp(port, 81, tcp_flag::syn);
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

TEST(WaitingPackets, OfATunnelWaitForTheEndpoint) {
  SnapshotBuilder b;
  b.cluster("web", {{"10.0.2.1", 80}});
  b.listener("203.0.113.10", 80, Protocol::tcp, Forward::ipip, "web");
  Path path(b);
  const auto known = path.gateway.snapshot.routing;
  auto unknown = std::make_shared<RoutingPart>(*known);
  for (NextHop& hop : unknown->next_hops) hop.link_header_bytes = 0;
  path.gateway.snapshot.routing = unknown;
  const auto syn = ethernet().ipv4("192.0.2.1", "203.0.113.10").tcp(1, 80, tcp_flag::syn);
  EXPECT_EQ(path.send(syn).verdict, Verdict::hold);
  const auto wish = path.l4->neighbour_wishes().take();
  ASSERT_TRUE(wish);
  EXPECT_EQ(wish->address.to_string(), "10.0.2.1");
  path.gateway.snapshot.routing = known;
  const auto out = path.release();
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].frame.destination, "10.0.2.1");
}

TEST(WaitingPackets, AreDroppedWhenTheyWaitedTooLong) {
  Path path(configuration());
  path.send(reply(9));
  path.now += WaitingPackets::wait_max;
  const auto out = path.release();
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(name(out[0].drop), name(Drop::next_hop_unresolved));
  EXPECT_EQ(path.counters.listeners[0].drops.read(), 1u);
}

TEST(WaitingPackets, AreBounded) {
  Path path(configuration());
  for (uint16_t n = 1; n <= WaitingPackets::packets_max; ++n) {
    ASSERT_EQ(path.send(reply(n)).verdict, Verdict::hold);
  }
  EXPECT_EQ(name(path.send(reply(1000)).drop), name(Drop::next_hop_unresolved));
}  // and what still waits is freed: the Path counts buffers

TEST(WaitingPackets, AnswersWaitToo) {
  Path path(configuration());
  const auto held = path.send(refused(9));
  EXPECT_EQ(held.verdict, Verdict::hold);
  EXPECT_EQ(name(held.drop), name(Drop::no_listener)) << "it counts as what it was refused for";
  auto known = configuration();
  known.neighbour("10.7.7.7");
  path.reconfigure(known);
  const auto out = path.release();
  ASSERT_EQ(out.size(), 1u);
  ASSERT_TRUE(out[0].transmitted());
  EXPECT_TRUE(out[0].frame.sound()) << out[0].frame;
  EXPECT_EQ(out[0].frame.destination, "10.7.7.7");
  EXPECT_EQ(path.counters.listeners[0].drops.read(), 0u);
}

// Forged senders keep no answer's place from packets of flows.
TEST(WaitingPackets, AnswersTakeAQuarterOfThePlaces) {
  Path path(configuration());
  for (uint16_t n = 1; n <= WaitingPackets::answers_max; ++n) {
    ASSERT_EQ(path.send(refused(n)).verdict, Verdict::hold);
  }
  EXPECT_EQ(path.send(refused(1000)).verdict, Verdict::drop);
  EXPECT_EQ(path.send(reply(9)).verdict, Verdict::hold);
  path.now += WaitingPackets::wait_max;
  EXPECT_EQ(path.release().size(), WaitingPackets::answers_max + 1);
  EXPECT_EQ(path.send(refused(1001)).verdict, Verdict::hold) << "the places are free again";
}

}  // namespace
}  // namespace weft
