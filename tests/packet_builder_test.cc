// The builder makes sound frames, the decoder says so, and it names every fault that is built in.
#include "tests/packet_builder.h"

#include <gtest/gtest.h>

#include "tests/packet_decoder.h"

namespace weft::test {
namespace {

FrameBuilder v4() {
  return ethernet().ipv4("10.0.0.1", "10.0.0.2");
}
FrameBuilder v6() {
  return ethernet().ipv6("fd00::1", "fd00::2");
}

TEST(PacketBuilder, FramesAreSoundByDefault) {
  const FrameBuilder frames[] = {
      v4().tcp(1, 2, 2),
      v4().tcp(1, 2, 16).tcp_options({2, 4, 5, 180}).payload("odd"),
      v4().udp(1, 2).payload_bytes(1472),
      v4().udp(1, 2).l4_checksum(0),
      v4().icmp(8, 0, 0x00010002).payload("ping"),
      v4().ip_options({7, 7, 4, 0, 0, 0, 0}).udp(1, 2),
      v4().udp(1, 2).fragment(0, true),
      v4().udp(1, 2).pad_to(60),
      v4().vlan(120).udp(1, 2),
      v6().tcp(1, 2, 2),
      v6().udp(1, 2).payload("x"),
      v6().icmp(128, 0).payload("ping"),
  };
  for (const FrameBuilder& frame : frames) {
    const Decoded d = decode(frame.build());
    EXPECT_TRUE(d.sound()) << d;
  }
}

TEST(PacketDecoder, NamesWhatIsWrong) {
  const struct {
    FrameBuilder frame;
    const char* fault;
  } cases[] = {
      {v4().truncate(13), "Ethernet header is cut off"},
      {v4().truncate(33), "IPv4 header is cut off"},
      {v4().version(5), "IP version is not 4"},
      {v4().header_words(4), "IHL is below 5"},
      {v4().header_words(15), "IHL is beyond the packet"},
      {v4().total_length(19), "IP total length is inside the header"},
      {v4().total_length(21), "IP total length is beyond the frame"},
      {v4().ip_checksum(1), "IPv4 checksum is wrong"},
      {v4().ip_options({7, 9, 4, 0}), "IP option is cut off"},
      {v4().ip_options({131, 3, 4, 0}), "IP source route"},
      {v4().tcp(1, 2, 2).l4_checksum(1), "TCP checksum is wrong"},
      {v4().tcp(1, 2, 2).data_offset(4), "TCP data offset is below 5"},
      {v4().tcp(1, 2, 2).data_offset(6), "TCP data offset is beyond the segment"},
      {v4().tcp(1, 2, 2).total_length(39), "TCP header is cut off"},
      {v4().udp(1, 2).l4_checksum(1), "UDP checksum is wrong"},
      {v4().udp(1, 2).udp_length(7), "UDP length is below 8"},
      {v4().udp(1, 2).udp_length(9), "UDP length is beyond the packet"},
      {v4().udp(1, 2).total_length(27), "UDP header is cut off"},
      {v4().icmp(8, 0).l4_checksum(1), "ICMP checksum is wrong"},
      {v4().icmp(8, 0).total_length(27), "ICMP message is cut off"},
      {v6().version(4), "IP version is not 6"},
      {v6().payload_length(1), "IP payload length is beyond the frame"},
      {v6().udp(1, 2).l4_checksum(0), "UDP over IPv6 has no checksum"},
  };
  for (const auto& c : cases) {
    const Decoded d = decode(c.frame.build());
    ASSERT_FALSE(d.faults.empty()) << c.fault;
    EXPECT_EQ(d.faults.front(), c.fault);
  }
}

// Bytes and sums worked out by hand.
TEST(PacketDecoder, ReadsAFrameWrittenByHand) {
  const std::vector<uint8_t> bytes = {
      0x02, 0,    0,    0,    0,    1,    0x02, 0,    0,    0,    0, 2, 0x08, 0x00,  // Ethernet
      0x45, 0x00, 0x00, 0x1c, 0x12, 0x34, 0x40, 0x00, 0x40, 0x11,                    // IPv4
      0x14, 0x9b, 0x0a, 0x00, 0x00, 0x01, 0x0a, 0x00, 0x00, 0x02,  // 10.0.0.1 > 10.0.0.2
      0x04, 0xd2, 0x00, 0x35, 0x00, 0x08, 0xe6, 0xd4,              // UDP 1234 > 53
  };
  const auto* first = reinterpret_cast<const std::byte*>(bytes.data());
  const Bytes frame(first, first + bytes.size());
  const Decoded d = decode(frame);
  EXPECT_TRUE(d.sound()) << d;
  EXPECT_EQ(d.source, "10.0.0.1");
  EXPECT_EQ(d.destination_port, 53);
  EXPECT_EQ(frame, v4().udp(1234, 53).dont_fragment().build());
}

TEST(PacketDecoder, AQuoteMayEndEarly) {
  Bytes quote = v4().tcp(80, 1234, 16).payload("long").build_ip();
  quote.resize(28);
  const Decoded d = decode_ip(quote, true);
  EXPECT_TRUE(d.sound()) << d;
  EXPECT_EQ(d.source_port, 80);
  EXPECT_FALSE(decode_ip(quote).sound());
}

}  // namespace
}  // namespace weft::test
