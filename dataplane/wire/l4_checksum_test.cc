#include "dataplane/wire/l4_checksum.h"

#include <gtest/gtest.h>

#include "tests/packet_builder.h"
#include "tests/packet_pool.h"

namespace weft {
namespace {

using test::ethernet;
using test::FrameBuilder;

struct Case {
  const char* what;
  FrameBuilder frame;
  Protocol protocol;
};

FrameBuilder v4() {
  return ethernet().ipv4("10.0.0.1", "10.0.0.2");
}
FrameBuilder v6() {
  return ethernet().ipv6("fd00::1", "fd00::2");
}

bool verifies(const FrameBuilder& frame, Protocol protocol, bool four, uint32_t segment_bytes) {
  static test::PacketPool pool;
  const Packet packet = pool.make(frame.build(), segment_bytes);
  const uint16_t header_bytes = four ? 20 : 40;
  const auto address = [four](const char* a, const char* b) {
    return *IpAddress::parse(four ? a : b);
  };
  const Headers headers{.source = address("10.0.0.1", "fd00::1"),
                        .destination = address("10.0.0.2", "fd00::2"),
                        .ip_offset = 14,
                        .l4_offset = static_cast<uint16_t>(14 + header_bytes),
                        .ip_bytes = static_cast<uint16_t>(frame.build_ip().size()),
                        .protocol = protocol,
                        .v4 = four};
  const bool result = l4_checksum_verifies(packet, headers);
  test::free_packet(packet);
  return result;
}

TEST(L4Checksum, OfEveryProtocolAndFamily) {
  const Case cases[] = {
      {"TCP", v4().tcp(1, 2, 16).payload("odd"), Protocol::tcp},
      {"UDP", v4().udp(1, 2).payload("even"), Protocol::udp},
      {"ICMP", v4().icmp(3, 1).payload("quote"), Protocol::icmp},
      {"TCP over IPv6", v6().tcp(1, 2, 16).payload("odd"), Protocol::tcp},
      {"UDP over IPv6", v6().udp(1, 2), Protocol::udp},
      {"ICMPv6", v6().icmp(1, 1).payload("quote"), Protocol::icmpv6},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    const bool four = c.frame.build()[12] == std::byte{0x08};
    EXPECT_TRUE(verifies(c.frame, c.protocol, four, UINT16_MAX));
    EXPECT_FALSE(verifies(FrameBuilder(c.frame).l4_checksum(0x1234), c.protocol, four, UINT16_MAX));
    EXPECT_TRUE(verifies(FrameBuilder(c.frame).pad_to(90), c.protocol, four, UINT16_MAX));
  }
}

TEST(L4Checksum, UdpWithoutOneIsFineInIpv4Only) {
  EXPECT_TRUE(verifies(v4().udp(1, 2).l4_checksum(0), Protocol::udp, true, UINT16_MAX));
  EXPECT_FALSE(verifies(v6().udp(1, 2).l4_checksum(0), Protocol::udp, false, UINT16_MAX));
}

TEST(L4Checksum, GoesThroughSegmentsOfAnyLength) {
  for (uint32_t segment_bytes = 42; segment_bytes < 110; ++segment_bytes) {
    const auto udp = v4().udp(1, 2).payload_bytes(400);
    EXPECT_TRUE(verifies(udp, Protocol::udp, true, segment_bytes)) << segment_bytes;
    EXPECT_FALSE(verifies(FrameBuilder(udp).set_byte(400, 0), Protocol::udp, true, segment_bytes));
  }
}

}  // namespace
}  // namespace weft
