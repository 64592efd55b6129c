// Every tunnel mode with either family inside either family, packet by packet.
#include <gtest/gtest.h>

#include <set>

#include "pipelines/l4/forward_tunnel.h"
#include "tests/path.h"

namespace weft {
namespace {

using test::ethernet;
using test::Path;
using test::SnapshotBuilder;

struct Case {
  Forward mode;
  bool inner_v4;
  bool outer_v4;
  int protocol;            // of the outer header
  uint32_t outer_bytes;    // header and shim
  std::string shim_bytes;  // of gre
};

std::vector<Case> cases() {
  const std::string gre4("\x00\x00\x08\x00", 4);
  const std::string gre6("\x00\x00\x86\xdd", 4);
  return {
      {Forward::ipip, true, true, 4, 20, ""},    {Forward::ipip, false, true, 41, 20, ""},
      {Forward::ipip, true, false, 4, 40, ""},   {Forward::ipip, false, false, 41, 40, ""},
      {Forward::gre, true, true, 47, 24, gre4},  {Forward::gre, false, true, 47, 24, gre6},
      {Forward::gre, true, false, 47, 44, gre4}, {Forward::gre, false, false, 47, 44, gre6},
      {Forward::gue, true, true, 17, 28, ""},    {Forward::gue, false, true, 17, 28, ""},
      {Forward::gue, true, false, 17, 48, ""},   {Forward::gue, false, false, 17, 48, ""},
  };
}

SnapshotBuilder configuration(const Case& each) {
  SnapshotBuilder b;
  b.cluster("web", {{each.outer_v4 ? "10.0.2.1" : "fd00::2:1", 8080}});
  b.listener(each.inner_v4 ? "203.0.113.10" : "2001:db8:1::10", 80, Protocol::tcp, each.mode,
             "web");
  return b;
}

test::FrameBuilder client_packet(bool v4, uint16_t port = 1234) {
  auto frame = ethernet();
  if (v4) {
    frame.ipv4("192.0.2.1", "203.0.113.10");
  } else {
    frame.ipv6("2001:db8::1", "2001:db8:1::10");
  }
  return frame.ttl(9).type_of_service(0x2e).tcp(port, 80, tcp_flag::ack);
}

TEST(ForwardTunnelModes, TheOuterHeadersAreRightAndThePacketInsideIsUntouched) {
  for (const Case& each : cases()) {
    SCOPED_TRACE(std::string(name(each.mode)) + (each.inner_v4 ? " 4" : " 6") +
                 (each.outer_v4 ? "in4" : "in6"));
    Path path(configuration(each));
    const auto out = path.send(client_packet(each.inner_v4).payload("hello"));
    ASSERT_TRUE(out.forwarded()) << name(out.drop);
    EXPECT_TRUE(out.frame.sound()) << out.frame;
    EXPECT_EQ(out.frame.version, each.outer_v4 ? 4 : 6);
    EXPECT_EQ(out.frame.ether_type, each.outer_v4 ? 0x0800 : 0x86dd);
    EXPECT_EQ(out.frame.source, each.outer_v4 ? "10.0.0.254" : "fd00::254");
    EXPECT_EQ(out.frame.destination, each.outer_v4 ? "10.0.2.1" : "fd00::2:1");
    EXPECT_EQ(out.frame.protocol, each.protocol);
    EXPECT_EQ(out.frame.type_of_service, 0x2e);
    EXPECT_EQ(out.frame.ttl, 64);
    EXPECT_TRUE(out.frame.dont_fragment || !each.outer_v4);
    if (each.mode == Forward::gue) {
      EXPECT_EQ(out.frame.destination_port, 6080);
      EXPECT_GE(out.frame.source_port, 0xc000);
      EXPECT_EQ(out.frame.l4_checksum == 0, each.outer_v4);
    }
    const auto inner_bytes = std::span(out.bytes).subspan(14 + each.outer_bytes);
    if (!each.shim_bytes.empty()) {
      EXPECT_EQ(test::Bytes(inner_bytes.data() - 4, inner_bytes.data()),
                test::to_bytes(each.shim_bytes));
    }
    const auto inner = test::decode_ip(inner_bytes);
    EXPECT_TRUE(inner.sound()) << inner;
    EXPECT_EQ(inner.source, each.inner_v4 ? "192.0.2.1" : "2001:db8::1");
    EXPECT_EQ(inner.destination, each.inner_v4 ? "203.0.113.10" : "2001:db8:1::10");
    EXPECT_EQ(inner.source_port, 1234);
    EXPECT_EQ(inner.ttl, 8);
    EXPECT_EQ(inner.payload, test::to_bytes("hello"));
  }
}

TEST(ForwardTunnelModes, WhatFitsThePathGoesAndOneByteMoreDoesNot) {
  for (const Case& each : cases()) {
    SCOPED_TRACE(std::string(name(each.mode)) + (each.inner_v4 ? " 4" : " 6") +
                 (each.outer_v4 ? "in4" : "in6"));
    Path path(configuration(each));
    const uint32_t headers = each.inner_v4 ? 40 : 60;
    const uint32_t fits = 1500 - each.outer_bytes - headers;
    EXPECT_TRUE(path.send(client_packet(each.inner_v4).payload_bytes(fits)).forwarded());
    const auto out = path.send(client_packet(each.inner_v4).payload_bytes(fits + 1));
    EXPECT_EQ(name(out.drop), name(Drop::packet_too_big));
    ASSERT_TRUE(out.transmitted());
    EXPECT_TRUE(out.frame.sound()) << out.frame;
    EXPECT_EQ(out.frame.icmp_type, each.inner_v4 ? 3 : 2);
    EXPECT_EQ(out.frame.icmp_rest, 1500 - each.outer_bytes);
  }
}

TEST(ForwardTunnelModes, FlowsDifferInWhatReceiversHash) {
  for (const Case& each : cases()) {
    SCOPED_TRACE(std::string(name(each.mode)) + (each.inner_v4 ? " 4" : " 6") +
                 (each.outer_v4 ? "in4" : "in6"));
    auto b = configuration(each);
    b.source_addresses(each.outer_v4 ? "10.0.0.240/29" : "fd00::f0/125");
    Path path(b);
    std::set<std::string> sources;
    for (uint16_t port = 1; port <= 200; ++port) {
      const auto first = path.send(client_packet(each.inner_v4, port));
      const auto again = path.send(client_packet(each.inner_v4, port).payload("x"));
      ASSERT_TRUE(first.forwarded());
      EXPECT_EQ(first.frame.source, again.frame.source);
      EXPECT_EQ(first.frame.source_port, again.frame.source_port);
      EXPECT_TRUE(first.frame.sound()) << first.frame;
      sources.insert(first.frame.source);
    }
    EXPECT_EQ(sources.size(), 8u);
  }
}

TEST(ForwardTunnelModes, GueHasASourcePortByFlow) {
  Path path(configuration(cases()[8]));
  std::set<int> ports;
  for (uint16_t port = 1; port <= 100; ++port) {
    ports.insert(path.send(client_packet(true, port)).frame.source_port);
  }
  EXPECT_GT(ports.size(), 90u);
}

TEST(ForwardTunnelModes, WithoutAnAddressOfTheEndpointsFamilyNothingGoes) {
  Path path(configuration(cases()[2]));
  auto endpoints = std::make_shared<EndpointPart>(*path.gateway.snapshot.endpoints);
  EndpointRecord record = endpoints->records[0];
  record.source = IpAddress{};
  const std::vector<PagedArray<EndpointRecord>::Item> changes{{0, record}};
  endpoints->records = endpoints->records.with(changes);
  path.gateway.snapshot.endpoints = endpoints;
  EXPECT_EQ(name(path.send(client_packet(true)).drop), name(Drop::no_source_address));
}

TEST(ForwardNat, BothDirectionsOverIpv6) {
  SnapshotBuilder b;
  b.cluster("web", {{"fd00::2:1", 8080}});
  b.listener("2001:db8:1::10", 80, Protocol::tcp, Forward::nat, "web");
  Path path(b);
  const auto out = path.send(client_packet(false).payload("hello"));
  ASSERT_TRUE(out.forwarded()) << name(out.drop);
  EXPECT_TRUE(out.frame.sound()) << out.frame;
  EXPECT_EQ(out.frame.source, "2001:db8::1");
  EXPECT_EQ(out.frame.destination, "fd00::2:1");
  EXPECT_EQ(out.frame.destination_port, 8080);
  EXPECT_EQ(out.frame.ttl, 8);
  const auto reply = path.send(ethernet()
                                   .ipv6("fd00::2:1", "2001:db8::1")
                                   .ttl(9)
                                   .tcp(8080, 1234, tcp_flag::ack)
                                   .payload("world"));
  ASSERT_TRUE(reply.forwarded()) << name(reply.drop);
  EXPECT_TRUE(reply.frame.sound()) << reply.frame;
  EXPECT_EQ(reply.frame.source, "2001:db8:1::10");
  EXPECT_EQ(reply.frame.source_port, 80);
  EXPECT_EQ(reply.frame.ttl, 8);
}

TEST(ForwardNat, AnEndpointOfTheOtherFamilyIsNotPicked) {
  SnapshotBuilder b;
  b.cluster("web", {{"fd00::2:1", 8080}, {"10.0.2.1", 8080}});
  b.listener("203.0.113.10", 80, Protocol::tcp, Forward::nat, "web");
  Path path(b);
  for (uint16_t port = 1; port <= 20; ++port) {
    EXPECT_EQ(path.send(client_packet(true, port)).frame.destination, "10.0.2.1");
  }
}

}  // namespace
}  // namespace weft
