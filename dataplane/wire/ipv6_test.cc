#include "dataplane/wire/ipv6.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"

namespace weft {
namespace {

using test::Bytes;
using test::ethernet;
using test::FrameBuilder;
using Verdict = Ipv6Extensions::Verdict;

FrameBuilder six() {
  return ethernet().ipv6("fd00::1", "fd00::2").udp(7, 9).payload("six");
}

// Of the packet's bytes up to `bytes_max`.
Ipv6Extensions walk(const FrameBuilder& frame, std::size_t bytes_max = SIZE_MAX) {
  const Bytes packet = frame.build_ip();
  const Bytes payload(packet.begin() + Ipv6View::header_bytes,
                      packet.begin() + static_cast<long>(std::min(packet.size(), bytes_max)));
  return walk_ipv6_extensions(std::to_integer<uint8_t>(packet[6]), payload);
}

TEST(Ipv6Extensions, NoneAreThere) {
  const Ipv6Extensions none = walk(six());
  EXPECT_EQ(none.verdict, Verdict::sound);
  EXPECT_EQ(none.next_header, 17);
  EXPECT_EQ(none.bytes, 0);
  EXPECT_FALSE(none.is_fragment());
}

TEST(Ipv6Extensions, EveryKindIsSteppedOver) {
  const auto all = six().extension(0, {5, 2}).extension(60).extension(43, {4, 0}).extension(51);
  const Ipv6Extensions walked = walk(all);
  EXPECT_EQ(walked.verdict, Verdict::sound);
  EXPECT_EQ(walked.next_header, 17);
  EXPECT_EQ(walked.bytes, 32);
  const auto longer =
      six().extension(60, std::vector<uint8_t>(100)).extension(51, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  EXPECT_EQ(walk(longer).bytes, 104 + 16);
}

TEST(Ipv6Extensions, WhatIsNoExtensionEndsThem) {
  for (const uint8_t next : {50, 59, 135, 253}) {
    const Ipv6Extensions walked = walk(six().protocol(next).extension(60));
    EXPECT_EQ(walked.verdict, Verdict::sound);
    EXPECT_EQ(walked.next_header, next);
    EXPECT_EQ(walked.bytes, 8);
  }
}

TEST(Ipv6Extensions, AFragmentHeaderIsRead) {
  const auto first = walk(six().fragment(0, true).identification(0xfedcba98).extension(60));
  EXPECT_TRUE(first.is_fragment());
  EXPECT_TRUE(first.more_fragments);
  EXPECT_EQ(first.fragment_offset_bytes, 0);
  EXPECT_EQ(first.identification, 0xfedcba98);
  EXPECT_EQ(first.next_header, 17) << "headers of the first piece go on";
  EXPECT_EQ(first.bytes, 16);
  EXPECT_EQ(first.fragment_header_end_bytes, 8);
  const auto later = walk(six().fragment(1448, false).extension(60));
  EXPECT_TRUE(later.is_fragment());
  EXPECT_FALSE(later.more_fragments);
  EXPECT_EQ(later.fragment_offset_bytes, 1448);
  EXPECT_EQ(later.next_header, 60) << "what follows is data";
  EXPECT_EQ(later.bytes, 8);
  EXPECT_FALSE(walk(six().fragment(0, false)).is_fragment());
}

TEST(Ipv6Extensions, WhatIsRefused) {
  const struct {
    const char* what;
    FrameBuilder frame;
    Verdict verdict;
  } cases[] = {
      {"hop-by-hop options that come second", six().extension(60).extension(0), Verdict::misplaced},
      {"a second fragment header", six().fragment(0, true).fragment(0, true), Verdict::misplaced},
      {"a type 0 routing header", six().extension(43, {0, 0}), Verdict::source_route},
      {"segments left", six().extension(60).extension(43, {2, 1}), Verdict::source_route},
      {"256 bytes and more", six().extension(60, std::vector<uint8_t>(255)), Verdict::too_long},
  };
  for (const auto& c : cases) EXPECT_EQ(walk(c.frame).verdict, c.verdict) << c.what;
}

TEST(Ipv6Extensions, TheLimitsAreTheLastThatPass) {
  FrameBuilder frame = six();
  for (uint32_t i = 0; i < Ipv6ExtensionLimits::headers_max; ++i) frame.extension(60);
  EXPECT_EQ(walk(frame).verdict, Verdict::sound);
  EXPECT_EQ(walk(frame.extension(60)).verdict, Verdict::too_long);
  EXPECT_EQ(walk(six().extension(60, std::vector<uint8_t>(254))).bytes,
            Ipv6ExtensionLimits::bytes_max);
}

TEST(Ipv6Extensions, EveryTruncationIsSeen) {
  const auto frame = six().extension(0).extension(60, std::vector<uint8_t>(20)).fragment(0, true);
  for (std::size_t bytes = 40; bytes < 40 + 40; ++bytes) {
    EXPECT_EQ(walk(frame, bytes).verdict, Verdict::cut_off) << bytes;
  }
  EXPECT_EQ(walk(frame, 80).verdict, Verdict::sound);
}

TEST(WriteIpv6Header, IsRead) {
  Bytes packet(40 + 3);
  write_ipv6_header(packet.data(), {.source = *IpAddress::parse("fd00::1"),
                                    .destination = *IpAddress::parse("2001:db8::2"),
                                    .payload_bytes = 3,
                                    .protocol = Protocol::none,
                                    .hop_limit = 7});
  packet[6] = std::byte{253};
  const test::Decoded d = test::decode_ip(packet);
  EXPECT_TRUE(d.sound()) << d;
  EXPECT_EQ(d.source, "fd00::1");
  EXPECT_EQ(d.destination, "2001:db8::2");
  EXPECT_EQ(d.ip_bytes, 43u);
  EXPECT_EQ(d.ttl, 7);
  EXPECT_EQ(d.type_of_service, 0);
}

}  // namespace
}  // namespace weft
