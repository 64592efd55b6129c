#include "pipelines/l4/forward_tunnel.h"

#include <gtest/gtest.h>

#include "tests/path.h"

namespace weft {
namespace {

using test::ethernet;
using test::Path;
using test::SnapshotBuilder;

SnapshotBuilder configuration() {
  SnapshotBuilder b;
  b.cluster("web", {{"10.0.2.1", 80}});
  b.listener("203.0.113.10", 80, Protocol::tcp, Forward::ipip, "web");
  return b;
}

TEST(ForwardTunnel, PutsTheWholePacketIntoAnother) {
  Path path(configuration());
  const auto out = path.send(ethernet()
                                 .ipv4("192.0.2.1", "203.0.113.10")
                                 .ttl(9)
                                 .type_of_service(0x2e)
                                 .tcp(1234, 80, tcp_flag::ack)
                                 .payload("hello"));
  ASSERT_TRUE(out.forwarded());
  EXPECT_TRUE(out.frame.sound()) << out.frame;
  EXPECT_EQ(out.frame.protocol, 4);
  EXPECT_EQ(out.frame.source, "10.0.0.254");
  EXPECT_EQ(out.frame.destination, "10.0.2.1");
  EXPECT_EQ(out.frame.ttl, 64);
  EXPECT_EQ(out.frame.type_of_service, 0x2e);
  EXPECT_TRUE(out.frame.dont_fragment);
  const auto inner = test::decode_ip(out.frame.payload);
  EXPECT_TRUE(inner.sound()) << inner;
  EXPECT_EQ(inner.source, "192.0.2.1");
  EXPECT_EQ(inner.destination, "203.0.113.10");
  EXPECT_EQ(inner.ttl, 8);
  EXPECT_EQ(inner.payload, test::to_bytes("hello"));
}

TEST(ForwardTunnel, EthernetPaddingDoesNotTravel) {
  Path path(configuration());
  const auto out =
      path.send(ethernet().ipv4("192.0.2.1", "203.0.113.10").tcp(1, 80, tcp_flag::ack).pad_to(60));
  ASSERT_TRUE(out.forwarded());
  EXPECT_EQ(out.bytes.size(), 14u + 20 + 40);
}

TEST(ForwardTunnel, TooBigIsAnsweredWithTheMtuThatFits) {
  Path path(configuration());
  const auto out = path.send(ethernet()
                                 .ipv4("192.0.2.1", "203.0.113.10")
                                 .dont_fragment()
                                 .tcp(1, 80, tcp_flag::ack)
                                 .payload_bytes(1481 - 40));
  EXPECT_EQ(name(out.drop), name(Drop::packet_too_big));
  ASSERT_TRUE(out.transmitted());
  EXPECT_TRUE(out.frame.sound()) << out.frame;
  EXPECT_EQ(out.frame.destination, "192.0.2.1");
  EXPECT_EQ(out.frame.icmp_type, 3);
  EXPECT_EQ(out.frame.icmp_code, 4);
  EXPECT_EQ(out.frame.icmp_rest, 1480u);
}

TEST(ForwardTunnel, AnUnknownMtuRefusesNothing) {
  auto unknown = configuration();
  unknown.path_mtu(0);
  Path path(unknown);
  const auto out =
      path.send(ethernet().ipv4("192.0.2.1", "203.0.113.10").tcp(1, 80, tcp_flag::ack));
  EXPECT_TRUE(out.forwarded()) << name(out.drop);
}

TEST(ForwardTunnel, ABufferWithoutRoomIsDroppedByName) {
  Path path(configuration());
  Burst burst;
  burst.packets[0] =
      path.pool.make(ethernet().ipv4("192.0.2.1", "203.0.113.10").tcp(1, 80, 0x10).build());
  // As if the frame began at the buffer's start.
  rte_mbuf* buffer = burst.packets[0].buffer();
  unpoison(buffer->buf_addr, buffer->buf_len);
  std::memmove(buffer->buf_addr, burst.packets[0].data(), burst.packets[0].bytes());
  buffer->data_off = 0;
  burst.start(1, 0);
  path.l4->process(burst, path.gateway.snapshot, path.now);
  EXPECT_EQ(name(burst.dropped_for(0)), name(Drop::no_headroom));
  test::free_packet(burst.packets[0]);
}

}  // namespace
}  // namespace weft
