#include "mgmt/explain/made_packet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"

namespace weft::mgmt {
namespace {

using test::Decoded;
using testing::HasSubstr;
using testing::IsEmpty;

Decoded decoded(std::string_view text) {
  const auto packet = made_packet(text);
  EXPECT_TRUE(packet) << text;
  if (!packet) return {};
  Decoded decoded = test::decode_ip(*packet);
  EXPECT_THAT(decoded.faults, IsEmpty()) << text;
  return decoded;
}

TEST(MadePacket, IsWhatWasSaid) {
  const Decoded syn = decoded("tcp 192.0.2.1:1234 > 203.0.113.10:80");
  EXPECT_EQ(syn.source, "192.0.2.1");
  EXPECT_EQ(syn.source_port, 1234);
  EXPECT_EQ(syn.destination, "203.0.113.10");
  EXPECT_EQ(syn.destination_port, 80);
  EXPECT_EQ(syn.flags, 0x02);
  EXPECT_EQ(syn.ttl, 64);
  EXPECT_EQ(syn.ip_bytes, 40u);
  const Decoded large = decoded("tcp 192.0.2.1:1234 > 203.0.113.10:80 psh ack ttl=1 bytes=1500");
  EXPECT_EQ(large.flags, 0x18);
  EXPECT_EQ(large.ttl, 1);
  EXPECT_EQ(large.ip_bytes, 1500u);
  const Decoded datagram = decoded("udp [2001:db8::1]:1234 > [2001:db8::2]:53 bytes=101");
  EXPECT_EQ(datagram.version, 6);
  EXPECT_EQ(datagram.source, "2001:db8::1");
  EXPECT_EQ(datagram.destination_port, 53);
  EXPECT_EQ(datagram.ip_bytes, 101u);
  EXPECT_EQ(decoded("udp 192.0.2.1:1 > 203.0.113.10:2").protocol, 17);
  EXPECT_EQ(decoded("icmp 192.0.2.1 > 203.0.113.10").icmp_type, 8);
  EXPECT_EQ(decoded("icmp 2001:db8::1 > 2001:db8::2").icmp_type, 128);
  EXPECT_EQ(decoded("tcp [2001:db8::1]:1 > [2001:db8::2]:2").flags, 0x02);
}

TEST(MadePacket, WhatIsNoPacketIsExplained) {
  const std::pair<const char*, const char*> rows[] = {
      {"", "\"\" is no protocol"},
      {"sctp 192.0.2.1:1 > 203.0.113.10:80", "\"sctp\" is no protocol"},
      {"tcp 192.0.2.1 > 203.0.113.10:80", "\"192.0.2.1\" is no ADDRESS:PORT"},
      {"tcp 192.0.2.1:70000 > 203.0.113.10:80", "\"192.0.2.1:70000\" is no ADDRESS:PORT"},
      {"tcp 192.0.2:1 > 203.0.113.10:80", "\"192.0.2:1\" is no ADDRESS:PORT"},
      {"tcp 2001:db8::1:80 > [2001:db8::2]:80", "\"2001:db8::1:80\" is no ADDRESS:PORT"},
      {"tcp 192.0.2.1:1 203.0.113.10:80", "after the source stands \">\", not \"203.0.113.10:80\""},
      {"tcp 192.0.2.1:1 > 203.0.113.10", "\"203.0.113.10\" is no ADDRESS:PORT"},
      {"tcp 192.0.2.1:1 > [2001:db8::2]:80", "two IP versions"},
      {"tcp 192.0.2.1:1 > 203.0.113.10:80 sny", "\"sny\" means nothing here"},
      {"udp 192.0.2.1:1 > 203.0.113.10:80 syn", "\"syn\" means nothing here"},
      {"tcp 192.0.2.1:1 > 203.0.113.10:80 ttl=256", "\"ttl=256\" means nothing here"},
      {"tcp 192.0.2.1:1 > 203.0.113.10:80 bytes=39", "bytes=39 is less than the headers take (40)"},
      {"icmp 192.0.2.1:1 > 203.0.113.10", "\"192.0.2.1:1\" is no address"},
  };
  for (const auto& [text, says] : rows) {
    const auto refused = made_packet(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_THAT(refused.error().message, HasSubstr(says));
    EXPECT_THAT(refused.error().message, HasSubstr("say a packet like "));
  }
}

}  // namespace
}  // namespace weft::mgmt
