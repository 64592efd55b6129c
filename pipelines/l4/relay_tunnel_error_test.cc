#include "pipelines/l4/relay_tunnel_error.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/path.h"

namespace weft {
namespace {

using test::Bytes;
using test::ethernet;
using test::FrameBuilder;
using test::Path;
using test::SnapshotBuilder;

struct Case {
  Forward mode;
  bool inner_v4;
  bool outer_v4;
  uint32_t outer_bytes;
};
constexpr Case cases[] = {
    {Forward::ipip, true, true, 20},  {Forward::ipip, false, true, 20},
    {Forward::ipip, true, false, 40}, {Forward::ipip, false, false, 40},
    {Forward::gre, true, true, 24},   {Forward::gre, false, true, 24},
    {Forward::gre, true, false, 44},  {Forward::gre, false, false, 44},
    {Forward::gue, true, true, 28},   {Forward::gue, false, true, 28},
    {Forward::gue, true, false, 48},  {Forward::gue, false, false, 48},
};

SnapshotBuilder configuration(const Case& each) {
  SnapshotBuilder b;
  b.cluster("web", {{each.outer_v4 ? "10.0.2.1" : "fd00::2:1", 8080}});
  b.listener(each.inner_v4 ? "203.0.113.10" : "2001:db8:1::10", 80, Protocol::tcp, each.mode,
             "web");
  b.neighbour("10.9.0.1");
  return b;
}

FrameBuilder request(bool v4) {
  auto frame = ethernet();
  if (v4) {
    frame.ipv4("10.9.0.1", "203.0.113.10");
  } else {
    frame.ipv6("2001:db8::1", "2001:db8:1::10");
  }
  return frame.tcp(1234, 80, tcp_flag::ack).payload_bytes(1300);
}

// From a router on the way, about the frame's packet, of which it quotes `bytes_max`.
FrameBuilder too_big(const test::PathOutput& sent, std::size_t bytes_max,
                     uint32_t mtu_bytes = 1200) {
  Bytes quote(sent.bytes.begin() + 14, sent.bytes.end());
  quote.resize(std::min(quote.size(), bytes_max));
  auto frame = ethernet();
  if (sent.frame.version == 4) {
    return frame.ipv4("10.0.7.7", sent.frame.source).icmp(3, 4, mtu_bytes).payload(quote);
  }
  return frame.ipv6("fd00::7:7", sent.frame.source).icmp(2, 0, mtu_bytes).payload(quote);
}

TEST(RelayTunnelError, TheSenderOfThePacketInsideLearnsTheMtu) {
  for (const Case& each : cases) {
    SCOPED_TRACE(std::string(name(each.mode)) + (each.inner_v4 ? " 4" : " 6") +
                 (each.outer_v4 ? "in4" : "in6"));
    Path path(configuration(each));
    const auto sent = path.send(request(each.inner_v4));
    ASSERT_TRUE(sent.forwarded()) << name(sent.drop);
    const uint32_t inner_bytes = (each.inner_v4 ? 20 : 40) + 8;
    for (const uint32_t bytes : {each.outer_bytes + inner_bytes, 500u}) {
      const auto out = path.send(too_big(sent, bytes).pad_to(200));
      ASSERT_TRUE(out.transmitted()) << name(out.drop);
      EXPECT_EQ(name(out.drop), "packet_too_big");
      EXPECT_TRUE(out.frame.sound()) << out.frame;
      EXPECT_EQ(out.frame.destination, each.inner_v4 ? "10.9.0.1" : "2001:db8::1");
      EXPECT_EQ(out.frame.source, each.inner_v4 ? "10.0.0.254" : "fd00::254");
      EXPECT_EQ(out.frame.icmp_type, each.inner_v4 ? 3 : 2);
      EXPECT_EQ(out.frame.icmp_code, each.inner_v4 ? 4 : 0);
      EXPECT_EQ(out.frame.icmp_rest, 1200 - each.outer_bytes);
      Bytes quote = request(each.inner_v4).ttl(63).build_ip();
      quote.resize(bytes - each.outer_bytes);
      EXPECT_EQ(out.frame.payload, quote);
    }
  }
}

TEST(RelayTunnelError, InTheVlanItIsTheSame) {
  Path path(configuration(cases[0]));
  const auto sent = path.send(request(true));
  auto settings = std::vector<LinkFilter>{{.vlan_id = 120}};
  Burst burst;
  burst.packets[0] = path.pool.make(too_big(sent, 100).vlan(120).build());
  burst.start(1, 0);
  parse_headers(burst, settings[0]);
  relay_tunnel_error(burst, path.gateway.snapshot.policy->listeners);
  EXPECT_EQ(name(burst.dropped_for(0)), "packet_too_big");
  EXPECT_EQ(burst.headers[0].ip_offset, 18);
  EXPECT_EQ(test::decode(test::bytes_of(burst.packets[0])).vlan_id, 120);
  test::free_packet(burst.packets[0]);
}

TEST(RelayTunnelError, WhatIsNotOursIsTheKernels) {
  const Case& each = cases[0];
  Path path(configuration(each));
  const auto sent = path.send(request(true));
  const auto to_host = [&](FrameBuilder frame) { return path.send(frame).verdict; };
  EXPECT_EQ(to_host(too_big(sent, 20 + 20 + 7)), Verdict::twin) << "the quote ends before ports";
  EXPECT_EQ(to_host(too_big(sent, 100, 0)), Verdict::twin) << "a router that tells no MTU";
  EXPECT_EQ(to_host(too_big(sent, 100, 87)), Verdict::twin) << "an MTU that IP does not have";
  EXPECT_EQ(to_host(too_big(sent, 100).icmp(3, 1)), Verdict::twin) << "another error";
  const auto inner = ethernet().ipv4("10.9.0.1", "198.51.100.1").tcp(1, 80, tcp_flag::ack);
  const auto other =
      ethernet().ipv4("10.0.0.254", "10.0.2.1").protocol(4).payload(FrameBuilder(inner).build_ip());
  EXPECT_EQ(to_host(ethernet()
                        .ipv4("10.0.7.7", "10.0.0.254")
                        .icmp(3, 4, 1200)
                        .payload(FrameBuilder(other).build_ip())),
            Verdict::twin)
      << "a tunnel of the kernel's";
  for (const char* source : {"224.0.0.1", "127.0.0.1", "0.0.0.0", "255.255.255.255"}) {
    const auto nobodys = ethernet().ipv4(source, "203.0.113.10").tcp(1, 80, tcp_flag::ack);
    const auto outer = ethernet()
                           .ipv4("10.0.0.254", "10.0.2.1")
                           .protocol(4)
                           .payload(FrameBuilder(nobodys).build_ip());
    EXPECT_EQ(to_host(ethernet()
                          .ipv4("10.0.7.7", "10.0.0.254")
                          .icmp(3, 4, 1200)
                          .payload(FrameBuilder(outer).build_ip())),
              Verdict::twin)
        << source;
  }
  const auto foreign =
      ethernet().ipv4("10.0.0.253", "10.0.2.1").protocol(4).payload(request(true).build_ip());
  EXPECT_EQ(to_host(ethernet()
                        .ipv4("10.0.7.7", "10.0.0.254")
                        .icmp(3, 4, 1200)
                        .payload(FrameBuilder(foreign).build_ip())),
            Verdict::twin)
      << "a packet of somebody else";
}

}  // namespace
}  // namespace weft
