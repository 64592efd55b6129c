#include "pipelines/l4/forward_nat.h"

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
  b.listener("203.0.113.10", 53, Protocol::udp, Forward::nat, "web");
  return b;
}

TEST(ForwardNat, WritesTheEndpointAndKeepsEverythingElse) {
  Path path(configuration());
  const auto out = path.send(ethernet()
                                 .ipv4("192.0.2.1", "203.0.113.10")
                                 .ttl(9)
                                 .type_of_service(0x2e)
                                 .tcp(1234, 80, tcp_flag::ack)
                                 .sequence(5)
                                 .payload("hello"));
  ASSERT_TRUE(out.forwarded());
  EXPECT_TRUE(out.frame.sound()) << out.frame;
  EXPECT_EQ(out.frame.source, "192.0.2.1");
  EXPECT_EQ(out.frame.source_port, 1234);
  EXPECT_EQ(out.frame.destination, "10.0.2.1");
  EXPECT_EQ(out.frame.destination_port, 8080);
  EXPECT_EQ(out.frame.ttl, 8);
  EXPECT_EQ(out.frame.type_of_service, 0x2e);
  EXPECT_EQ(out.frame.sequence, 5u);
  EXPECT_EQ(out.frame.payload, test::to_bytes("hello"));
}

TEST(ForwardNat, DamageOnTheWayInStaysVisible) {
  Path path(configuration());
  const auto out = path.send(
      ethernet().ipv4("192.0.2.1", "203.0.113.10").tcp(1, 80, tcp_flag::ack).l4_checksum(0x1234));
  ASSERT_TRUE(out.transmitted());
  EXPECT_FALSE(out.frame.sound());
}

TEST(ForwardNat, UdpWithoutAChecksumStaysWithout) {
  Path path(configuration());
  const auto out =
      path.send(ethernet().ipv4("192.0.2.1", "203.0.113.10").udp(1, 53).l4_checksum(0));
  ASSERT_TRUE(out.forwarded());
  EXPECT_EQ(out.frame.l4_checksum, 0);
}

TEST(ForwardNat, ChecksumsAreRightForEveryPortAndPayload) {
  Path path(configuration());
  for (uint16_t port = 1; port < 2000; ++port) {
    const auto out = path.send(
        ethernet().ipv4("192.0.2.1", "203.0.113.10").udp(port, 53).payload_bytes(port % 50));
    ASSERT_TRUE(out.forwarded());
    ASSERT_TRUE(out.frame.sound()) << out.frame;
  }
}

TEST(ForwardNat, APacketBeyondTheLinksMtuIsAnswered) {
  auto b = configuration();
  b.path_mtu(1400);
  Path path(b);
  const auto out = path.send(ethernet()
                                 .ipv4("192.0.2.1", "203.0.113.10")
                                 .dont_fragment()
                                 .tcp(1, 80, tcp_flag::ack)
                                 .payload_bytes(1400 - 39));
  EXPECT_EQ(name(out.drop), name(Drop::packet_too_big));
  EXPECT_EQ(out.frame.icmp_type, 3);
  EXPECT_EQ(out.frame.icmp_code, 4);
  EXPECT_EQ(out.frame.icmp_rest, 1400u);
}

}  // namespace
}  // namespace weft
