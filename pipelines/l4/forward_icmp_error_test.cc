#include "pipelines/l4/forward_icmp_error.h"

#include <gtest/gtest.h>

#include "tests/path.h"

namespace weft {
namespace {

using test::Bytes;
using test::ethernet;
using test::FrameBuilder;
using test::Path;
using test::SnapshotBuilder;

// One family: who talks, and what ICMP calls things there.
struct Family {
  bool v4;
  const char* client;
  const char* listener;
  const char* endpoint;
  const char* router;
  uint8_t too_big_type, too_big_code;
  uint8_t unreachable_type, port_code;
};
constexpr Family families[] = {
    {true, "10.9.0.1", "203.0.113.10", "10.0.2.1", "192.0.2.9", 3, 4, 3, 3},
    {false, "2001:db8::1", "2001:db8:1::10", "fd00::2:1", "2001:db8::9", 2, 0, 1, 4},
};

FrameBuilder ip(const Family& family, std::string_view source, std::string_view destination) {
  auto frame = ethernet();
  return family.v4 ? frame.ipv4(source, destination) : frame.ipv6(source, destination);
}

SnapshotBuilder configuration(const Family& family, Forward forward) {
  SnapshotBuilder b;
  b.cluster("web", {{family.endpoint, 8080}});
  b.listener(family.listener, 80, Protocol::tcp, forward, "web");
  b.listener(family.listener, 53, Protocol::udp, forward, "web");
  b.source_addresses("10.0.0.240/29").source_addresses("fd00::240/125");
  b.neighbour("10.9.0.1");
  return b;
}

// The IP packet in a frame, at most `bytes_max` of it.
Bytes packet_of(const Bytes& frame, std::size_t bytes_max = SIZE_MAX) {
  const std::size_t end = std::min(frame.size(), 14 + std::min<std::size_t>(bytes_max, 4096));
  return {frame.begin() + 14, frame.begin() + static_cast<long>(end)};
}

// What the error must quote: the packet that its receiver sent, when it was here (one hop on).
void expect_quote(const test::PathOutput& error, FrameBuilder sent, std::size_t bytes = SIZE_MAX) {
  ASSERT_TRUE(error.forwarded()) << name(error.drop);
  EXPECT_TRUE(error.frame.sound()) << error.frame;
  EXPECT_EQ(error.frame.ttl, 63);
  Bytes expected = sent.ttl(63).build_ip();
  expected.resize(std::min(expected.size(), bytes));
  EXPECT_EQ(error.frame.payload, expected);
}

class ForwardIcmpError : public testing::TestWithParam<Family> {
 protected:
  const Family& family = GetParam();
  FrameBuilder request(uint8_t flags = tcp_flag::syn) const {
    return ip(family, family.client, family.listener).tcp(1234, 80, flags).payload("request");
  }
  FrameBuilder query() const {
    return ip(family, family.client, family.listener).udp(1234, 53).payload("query");
  }
  FrameBuilder error(std::string_view from, std::string_view to, const Bytes& quote) const {
    return ip(family, from, to).icmp(family.too_big_type, family.too_big_code, 1400).payload(quote);
  }
  FrameBuilder port_unreachable(std::string_view from, std::string_view to,
                                const Bytes& quote) const {
    return ip(family, from, to).icmp(family.unreachable_type, family.port_code).payload(quote);
  }
  std::size_t header_bytes() const { return family.v4 ? 20 : 40; }
};

TEST_P(ForwardIcmpError, ToTheClientOfNat) {
  Path path(configuration(family, Forward::nat));
  for (const FrameBuilder& sent : {request(), query()}) {
    const auto forwarded = path.send(sent);
    ASSERT_TRUE(forwarded.forwarded());
    const auto out = path.send(error(family.router, family.client, packet_of(forwarded.bytes)));
    expect_quote(out, sent);
    EXPECT_EQ(out.frame.source, family.router) << "a router keeps its source";
    EXPECT_EQ(out.frame.destination, family.client);
    EXPECT_EQ(out.frame.icmp_type, family.too_big_type);
    EXPECT_EQ(out.frame.icmp_code, family.too_big_code);
    EXPECT_EQ(out.frame.icmp_rest, 1400u);
  }
}

TEST_P(ForwardIcmpError, AnEndpointsOwnComesFromTheListener) {
  for (const Forward forward : {Forward::nat, Forward::fullnat}) {
    Path path(configuration(family, forward));
    const auto forwarded = path.send(query());
    ASSERT_TRUE(forwarded.forwarded()) << name(forwarded.drop);
    const auto out = path.send(
        port_unreachable(family.endpoint, forwarded.frame.source, packet_of(forwarded.bytes)));
    expect_quote(out, query());
    EXPECT_EQ(out.frame.source, family.listener);
    EXPECT_EQ(out.frame.destination, family.client);
    EXPECT_EQ(out.frame.icmp_code, family.port_code);
  }
}

TEST_P(ForwardIcmpError, ToTheClientOfFullnat) {
  Path path(configuration(family, Forward::fullnat));
  const auto forwarded = path.send(request());
  ASSERT_TRUE(forwarded.forwarded()) << name(forwarded.drop);
  const auto out =
      path.send(error(family.router, forwarded.frame.source, packet_of(forwarded.bytes)));
  expect_quote(out, request());
  EXPECT_EQ(out.frame.source, family.router);
  EXPECT_EQ(out.frame.destination, family.client);
}

TEST_P(ForwardIcmpError, ToTheEndpoint) {
  for (const Forward forward : {Forward::nat, Forward::fullnat}) {
    Path path(configuration(family, forward));
    const auto forwarded = path.send(request());
    ASSERT_TRUE(forwarded.forwarded()) << name(forwarded.drop);
    const auto reply = ip(family, family.endpoint, forwarded.frame.source)
                           .tcp(8080, static_cast<uint16_t>(forwarded.frame.source_port),
                                tcp_flag::syn | tcp_flag::ack)
                           .payload("reply");
    const auto returned = path.send(reply);
    ASSERT_TRUE(returned.forwarded()) << name(returned.drop);
    const auto from_router =
        path.send(error(family.router, family.listener, packet_of(returned.bytes)));
    expect_quote(from_router, reply);
    EXPECT_EQ(from_router.frame.source, family.router);
    EXPECT_EQ(from_router.frame.destination, family.endpoint);
    const auto from_client =
        path.send(port_unreachable(family.client, family.listener, packet_of(returned.bytes)));
    expect_quote(from_client, reply);
    EXPECT_EQ(from_client.frame.source, forwarded.frame.source)
        << "the client, as it is known there";
  }
}

TEST_P(ForwardIcmpError, QuotesMayBeShort) {
  Path path(configuration(family, Forward::nat));
  for (const FrameBuilder& sent : {request(), query()}) {
    const auto forwarded = path.send(sent);
    // Eight bytes have the checksum of UDP, 18 that of TCP.
    for (const std::size_t l4_bytes : {8, 9, 16, 18, 21}) {
      const std::size_t bytes = header_bytes() + l4_bytes;
      if (bytes > packet_of(forwarded.bytes).size()) continue;
      const auto quote = packet_of(forwarded.bytes, bytes);
      const auto out = path.send(error(family.router, family.client, quote));
      expect_quote(out, sent, bytes);
    }
  }
}

TEST_P(ForwardIcmpError, AQuotedSumOfNoneStaysNone) {
  if (!family.v4) return;
  Path path(configuration(family, Forward::nat));
  const auto sent = query().l4_checksum(0);
  const auto forwarded = path.send(sent);
  expect_quote(path.send(error(family.router, family.client, packet_of(forwarded.bytes))), sent);
}

TEST_P(ForwardIcmpError, InsideATunnelItIsUnchanged) {
  Path path(configuration(family, Forward::ipip));
  ASSERT_TRUE(path.send(request()).forwarded());
  const auto reply = ip(family, family.listener, family.client).tcp(80, 1234, tcp_flag::ack);
  auto sent = error(family.router, family.listener, FrameBuilder(reply).build_ip());
  const auto out = path.send(sent);
  ASSERT_TRUE(out.forwarded()) << name(out.drop);
  EXPECT_TRUE(out.frame.sound()) << out.frame;
  EXPECT_EQ(out.frame.destination, family.endpoint);
  EXPECT_EQ(out.frame.payload, sent.ttl(63).build_ip());
}

TEST_P(ForwardIcmpError, DirectlyItIsRedirected) {
  Path path(configuration(family, Forward::direct));
  const auto reply = ip(family, family.listener, family.client).tcp(80, 1234, tcp_flag::ack);
  auto sent = error(family.router, family.listener, FrameBuilder(reply).build_ip());
  const auto out = path.send(sent);
  ASSERT_TRUE(out.forwarded()) << name(out.drop);
  EXPECT_EQ(packet_of(out.bytes), sent.ttl(63).build_ip());
}

TEST_P(ForwardIcmpError, TheLastHopIsTheEnd) {
  Path path(configuration(family, Forward::nat));
  const auto forwarded = path.send(request());
  const auto out =
      path.send(error(family.router, family.client, packet_of(forwarded.bytes)).ttl(1));
  EXPECT_EQ(name(out.drop), "ttl_expired");
  EXPECT_FALSE(out.transmitted()) << "no error about an error";
}

// From a link that takes more than the way out does.
TEST_P(ForwardIcmpError, WhatIsTooBigForTheWayEndsHere) {
  for (const Forward forward : {Forward::nat, Forward::fullnat}) {
    auto builder = configuration(family, forward);
    Path path(builder.path_mtu(1300));
    const auto sent = path.send(request());
    ASSERT_TRUE(sent.forwarded()) << name(sent.drop);
    const auto answer = ip(family, family.listener, family.client).tcp(80, 1234, tcp_flag::ack);
    const auto send = [&](const char* to, Bytes quote, std::size_t ip_bytes) {
      quote.resize(ip_bytes - header_bytes() - 8);
      return path.send(error(family.router, to, quote));
    };
    const std::string source = sent.frame.source;
    const Bytes there = packet_of(sent.bytes), back = FrameBuilder(answer).build_ip();
    for (const auto& [to, quote] :
         {std::pair(source.c_str(), there), std::pair(family.listener, back)}) {
      EXPECT_TRUE(send(to, quote, 1300).forwarded()) << to;
      const auto out = send(to, quote, 1301);
      EXPECT_EQ(name(out.drop), "packet_too_big") << to;
      EXPECT_FALSE(out.transmitted()) << "no error about an error";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Families, ForwardIcmpError, testing::ValuesIn(families),
                         [](const auto& each) { return each.param.v4 ? "v4" : "v6"; });

}  // namespace
}  // namespace weft
