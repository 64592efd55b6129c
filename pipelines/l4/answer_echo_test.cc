#include "pipelines/l4/answer_echo.h"

#include <gtest/gtest.h>

#include "tests/path.h"

namespace weft {
namespace {

using test::ethernet;
using test::FrameBuilder;
using test::Path;
using test::SnapshotBuilder;

SnapshotBuilder configuration() {
  SnapshotBuilder b;
  b.cluster("dns", {{"10.0.3.1", 53}});
  b.listener("203.0.113.10", 53, Protocol::udp, Forward::nat, "dns");
  b.listener("203.0.113.64/28", 53, Protocol::udp, Forward::nat, "dns");
  b.listener("2001:db8:1::/64", 53, Protocol::udp, Forward::ipip, "dns");
  b.neighbour("10.9.0.1");
  return b;
}
FrameBuilder echo(const char* to, uint8_t type = 8) {
  return ethernet().ipv4("10.9.0.1", to).icmp(type, 0, 0x12340001).payload("ping").ttl(3);
}
FrameBuilder echo6(const char* to, uint8_t type = 128) {
  return ethernet().ipv6("2001:db8::1", to).icmp(type, 0, 0x12340001).payload("ping").ttl(3);
}

TEST(AnswerEcho, EveryListenersAddressAnswers) {
  Path path(configuration());
  for (const char* to : {"203.0.113.10", "203.0.113.64", "203.0.113.79"}) {
    for (const FrameBuilder& frame : {echo(to), echo(to).ip_options({1, 1, 1, 0}),
                                      echo(to).payload_bytes(1472), echo(to).payload("")}) {
      const auto out = path.send(frame);
      ASSERT_TRUE(out.forwarded()) << name(out.drop);
      EXPECT_TRUE(out.frame.sound()) << out.frame;
      EXPECT_EQ(out.frame.source, to);
      EXPECT_EQ(out.frame.destination, "10.9.0.1");
      EXPECT_EQ(out.frame.icmp_type, 0);
      EXPECT_EQ(out.frame.icmp_rest, 0x12340001u);
      EXPECT_EQ(out.frame.payload, test::decode(frame.build()).payload);
      EXPECT_EQ(out.frame.ttl, 64);
    }
  }
}

TEST(AnswerEcho, OverIpv6AsWell) {
  Path path(configuration());
  for (const FrameBuilder& frame :
       {echo6("2001:db8:1::77"), echo6("2001:db8:1::77").extension(0)}) {
    const auto out = path.send(frame);
    ASSERT_TRUE(out.forwarded()) << name(out.drop);
    EXPECT_TRUE(out.frame.sound()) << out.frame;
    EXPECT_EQ(out.frame.source, "2001:db8:1::77");
    EXPECT_EQ(out.frame.destination, "2001:db8::1");
    EXPECT_EQ(out.frame.icmp_type, 129);
    EXPECT_EQ(out.frame.ttl, 64);
  }
}

TEST(AnswerEcho, AReplyOfZeroesHasASumThatVerifies) {
  Path path(configuration());
  const auto out = path.send(echo("203.0.113.10").icmp(8, 0, 0).payload(""));
  ASSERT_TRUE(out.forwarded());
  EXPECT_TRUE(out.frame.sound()) << out.frame;
}

// A wrong sum is not made right.
TEST(AnswerEcho, DamageStaysVisible) {
  Path path(configuration());
  const auto out = path.send(echo("203.0.113.10").l4_checksum(1));
  ASSERT_TRUE(out.forwarded());
  EXPECT_FALSE(out.frame.sound());
}

TEST(AnswerEcho, WhatTheKernelGets) {
  Path path(configuration());
  EXPECT_EQ(path.send(echo("203.0.113.10", 0)).verdict, Verdict::twin);
  EXPECT_EQ(path.send(echo6("2001:db8:1::77", 129)).verdict, Verdict::twin);
  EXPECT_EQ(path.send(echo("203.0.113.10").fragment(0, true)).verdict, Verdict::twin);
  EXPECT_EQ(path.send(echo("203.0.113.10").fragment(8, false)).verdict, Verdict::twin);
  EXPECT_EQ(path.send(echo6("2001:db8:1::77").fragment(8, false)).verdict, Verdict::twin);
  EXPECT_EQ(path.send(echo("10.0.0.254")).verdict, Verdict::twin);
  EXPECT_EQ(path.send(echo("198.51.100.1")).verdict, Verdict::drop);
}

}  // namespace
}  // namespace weft
