#include "pipelines/l4/parse_quoted.h"

#include <gtest/gtest.h>

#include "pipelines/l4/parse_any.h"
#include "tests/packet_builder.h"
#include "tests/packet_pool.h"

namespace weft {
namespace {

using test::ethernet;
using test::FrameBuilder;

FrameBuilder reply() {
  return ethernet().ipv4("10.0.0.2", "10.0.0.1").udp(53, 1234).payload("answer").dont_fragment();
}

class ParseQuoted : public testing::Test {
 protected:
  std::optional<Headers> quoted(const test::Bytes& quote) {
    const auto frame = ethernet().ipv4("10.0.0.9", "10.0.0.2").icmp(3, 4, 1400).payload(quote);
    return parse(frame);
  }
  std::optional<Headers> quoted6(const test::Bytes& quote) {
    return parse(ethernet().ipv6("fd00::9", "fd00::2").icmp(2, 0, 1400).payload(quote));
  }
  std::optional<Headers> parse(const FrameBuilder& frame) {
    const Packet packet = pool_.make(frame.build());
    Headers headers;
    EXPECT_EQ(parse_any(packet, {}, headers), Drop::none);
    const auto result = parse_quoted(packet, headers);
    EXPECT_EQ(headers.quoted_offset != 0, result.has_value());
    test::free_packet(packet);
    return result;
  }
  static test::Bytes first(test::Bytes bytes, std::size_t count) {
    bytes.resize(count);
    return bytes;
  }
  test::PacketPool pool_;
};

TEST_F(ParseQuoted, TheQuotedPacketsPortsAndAddresses) {
  const auto headers = quoted(reply().ttl(3).build_ip());
  ASSERT_TRUE(headers);
  EXPECT_EQ(headers->source.to_string(), "10.0.0.2");
  EXPECT_EQ(headers->destination.to_string(), "10.0.0.1");
  EXPECT_EQ(headers->source_port, be16(53));
  EXPECT_EQ(headers->destination_port, be16(1234));
  EXPECT_EQ(headers->protocol, Protocol::udp);
  EXPECT_EQ(headers->payload, Payload::transport);
  EXPECT_EQ(headers->ip_offset, 14 + 20 + 8);
  EXPECT_EQ(headers->l4_offset, 14 + 20 + 8 + 20);
  EXPECT_EQ(headers->ip_bytes, 20 + 8 + 6);
  EXPECT_EQ(headers->ttl, 3);
  EXPECT_TRUE(headers->v4);
  EXPECT_TRUE(headers->dont_fragment);
}

TEST_F(ParseQuoted, EightBytesOfL4AreEnoughAndNeeded) {
  const auto tcp = ethernet().ipv4("10.0.0.2", "10.0.0.1").tcp(80, 1234, tcp_flag::ack).build_ip();
  const auto headers = quoted(first(tcp, 28));
  ASSERT_TRUE(headers);
  EXPECT_EQ(headers->source_port, be16(80));
  EXPECT_EQ(headers->ip_bytes, 28);
  EXPECT_EQ(headers->tcp_flags, 0);
  EXPECT_FALSE(quoted(first(tcp, 27)));
  EXPECT_FALSE(quoted(first(tcp, 20)));
  EXPECT_FALSE(quoted(first(tcp, 19)));
  EXPECT_FALSE(quoted({}));
}

TEST_F(ParseQuoted, OptionsAreSteppedOver) {
  const auto headers = quoted(reply().ip_options({1, 1, 1, 1, 1}).build_ip());
  ASSERT_TRUE(headers);
  EXPECT_EQ(headers->destination_port, be16(1234));
}

TEST_F(ParseQuoted, WhatNeedNotBeRight) {
  EXPECT_TRUE(quoted(reply().ip_checksum(1).l4_checksum(1).build_ip()));
  EXPECT_TRUE(quoted(reply().fragment(0, true).build_ip()));  // the first has the ports
}

TEST_F(ParseQuoted, WhatHasNoPortsIsRefused) {
  EXPECT_FALSE(quoted(reply().fragment(8, false).build_ip()));
  EXPECT_FALSE(quoted(reply().version(5).build_ip()));
  EXPECT_FALSE(quoted(reply().header_words(4).build_ip()));
  EXPECT_FALSE(quoted(reply().total_length(19).build_ip()));
  EXPECT_FALSE(quoted(reply().protocol(47).build_ip()));
  EXPECT_FALSE(quoted(ethernet().ipv4("10.0.0.2", "10.0.0.1").icmp(3, 1).build_ip()));
}

TEST_F(ParseQuoted, AQueryIsNamed) {
  const auto headers = quoted(ethernet().ipv4("10.0.0.2", "10.0.0.1").icmp(8, 0).build_ip());
  ASSERT_TRUE(headers);
  EXPECT_EQ(headers->payload, Payload::icmp_echo);
}

TEST_F(ParseQuoted, Ipv6) {
  const auto packet = ethernet().ipv6("fd00::2", "fd00::1").udp(53, 1234).build_ip();
  const auto headers = quoted6(packet);
  ASSERT_TRUE(headers);
  EXPECT_EQ(headers->destination.to_string(), "fd00::1");
  EXPECT_EQ(headers->destination_port, be16(1234));
  EXPECT_EQ(headers->l4_offset, 14 + 40 + 8 + 40);
  EXPECT_FALSE(headers->v4);
  EXPECT_FALSE(quoted6(first(packet, 47)));
  EXPECT_FALSE(quoted6(ethernet().ipv6("fd00::2", "::ffff:10.0.0.1").udp(53, 9).build_ip()));
}

TEST_F(ParseQuoted, Ipv6ExtensionsAreSteppedOver) {
  const auto six = [] { return ethernet().ipv6("fd00::2", "fd00::1").udp(53, 1234); };
  const auto headers = quoted6(six().extension(0).fragment(0, true).extension(60).build_ip());
  ASSERT_TRUE(headers);
  EXPECT_EQ(headers->source_port, be16(53));
  EXPECT_EQ(headers->l4_offset, 14 + 40 + 8 + 40 + 24);
  EXPECT_EQ(headers->ip_bytes, 40 + 24 + 8);
  EXPECT_FALSE(quoted6(six().fragment(1448, false).build_ip())) << "has no ports";
  EXPECT_FALSE(quoted6(six().extension(43, {0, 0}).build_ip()));
  EXPECT_FALSE(quoted6(first(six().extension(60).build_ip(), 47)));
}

TEST_F(ParseQuoted, OnlyOfIcmpErrors) {
  EXPECT_FALSE(parse(ethernet().ipv4("10.0.0.9", "10.0.0.2").icmp(8, 0).payload("a long echo")));
  EXPECT_FALSE(parse(reply()));
}

}  // namespace
}  // namespace weft
