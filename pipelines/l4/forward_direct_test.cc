#include "pipelines/l4/forward_direct.h"

#include <gtest/gtest.h>

#include "tests/path.h"

namespace weft {
namespace {

using test::ethernet;
using test::Path;
using test::SnapshotBuilder;

SnapshotBuilder configuration(const char* endpoint) {
  SnapshotBuilder b;
  b.cluster("web", {{endpoint, 80}});
  b.listener("203.0.113.10", 80, Protocol::tcp, Forward::direct, "web");
  b.listener("2001:db8:1::10", 80, Protocol::tcp, Forward::direct, "web");
  return b;
}

test::FrameBuilder to_listener() {
  return ethernet().ipv4("192.0.2.1", "203.0.113.10").ttl(9).tcp(1234, 80, tcp_flag::syn);
}

TEST(ForwardDirect, OnlyTheLinkHeaderAndTheTtlChange) {
  for (const char* endpoint : {"10.0.2.1", "fd00::2:1"}) {
    Path path(configuration(endpoint));
    const auto out = path.send(to_listener().payload("hello"));
    ASSERT_TRUE(out.forwarded()) << name(out.drop);
    EXPECT_TRUE(out.frame.sound()) << out.frame;
    EXPECT_EQ(out.frame.destination_mac, "02:00:00:00:01:00");
    EXPECT_EQ(out.frame.ether_type, 0x0800) << "whatever the family of the endpoint's address";
    EXPECT_EQ(out.frame.source, "192.0.2.1");
    EXPECT_EQ(out.frame.destination, "203.0.113.10");
    EXPECT_EQ(out.frame.ttl, 8);
    EXPECT_EQ(out.frame.payload, test::to_bytes("hello"));
    const auto six = path.send(
        ethernet().ipv6("2001:db8::1", "2001:db8:1::10").ttl(9).tcp(1234, 80, tcp_flag::syn));
    ASSERT_TRUE(six.forwarded()) << name(six.drop);
    EXPECT_TRUE(six.frame.sound()) << six.frame;
    EXPECT_EQ(six.frame.ether_type, 0x86dd);
    EXPECT_EQ(six.frame.ttl, 8);
  }
}

TEST(ForwardDirect, AnEndpointBehindARouterIsNotReached) {
  Path path(configuration("192.0.2.77"));
  EXPECT_EQ(name(path.send(to_listener()).drop), name(Drop::not_on_link));
}

TEST(ForwardDirect, TooBigForTheLinkIsAnswered) {
  auto b = configuration("10.0.2.1");
  b.path_mtu(1400);
  Path path(b);
  const auto out = path.send(to_listener().payload_bytes(1361));
  EXPECT_EQ(name(out.drop), name(Drop::packet_too_big));
  ASSERT_TRUE(out.transmitted());
  EXPECT_EQ(out.frame.icmp_rest, 1400u);
}

TEST(ForwardDirect, APacketWaitsForItsEndpointsNeighbour) {
  Path path(configuration("10.0.2.1"));
  // The endpoint's MAC address is forgotten, and known again later.
  const auto known = path.gateway.snapshot.routing;
  auto unknown = std::make_shared<RoutingPart>(*known);
  for (NextHop& hop : unknown->next_hops) hop.link_header_bytes = 0;
  path.gateway.snapshot.routing = unknown;
  EXPECT_EQ(path.send(to_listener()).verdict, Verdict::hold);
  path.gateway.snapshot.routing = known;
  const auto released = path.release();
  ASSERT_EQ(released.size(), 1u);
  EXPECT_TRUE(released[0].transmitted());
  EXPECT_EQ(released[0].frame.destination, "203.0.113.10");
  EXPECT_EQ(released[0].frame.destination_mac, "02:00:00:00:01:00");
}

}  // namespace
}  // namespace weft
