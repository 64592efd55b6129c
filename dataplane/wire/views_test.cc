// Each view takes what it announces and no byte less; where a length lies, the view is refused.
#include <gtest/gtest.h>

#include <vector>

#include "dataplane/wire/ethernet.h"
#include "dataplane/wire/icmp.h"
#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/ipv6.h"
#include "dataplane/wire/tcp.h"
#include "dataplane/wire/udp.h"
#include "dataplane/wire/vlan.h"
#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"

namespace weft {
namespace {

using test::Bytes;
using test::ethernet;

std::span<const std::byte> behind(const Bytes& frame, std::size_t offset) {
  return std::span(frame).subspan(offset);
}

TEST(EthernetView, ReadsAddressesAndType) {
  const Bytes frame = ethernet().to("33:33:00:00:00:01").ether_type(0x1234).build();
  const auto view = EthernetView::parse(frame);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->destination(), (MacAddress{0x33, 0x33, 0, 0, 0, 1}));
  EXPECT_EQ(view->source(), (MacAddress{2, 0, 0, 0, 0, 2}));
  EXPECT_EQ(view->ether_type(), 0x1234);
  EXPECT_TRUE(view->to_group());
  EXPECT_FALSE(EthernetView::parse(ethernet().build())->to_group());
  EXPECT_FALSE(EthernetView::parse(std::span(frame).first(13)));
}

TEST(VlanView, ReadsTheIdWithoutThePriority) {
  const Bytes frame = ethernet().vlan(0xf078).ether_type(0x0800).build();
  const auto view = VlanView::parse(behind(frame, 14));
  ASSERT_TRUE(view);
  EXPECT_EQ(view->id(), 0x078);
  EXPECT_EQ(view->ether_type(), 0x0800);
  EXPECT_FALSE(VlanView::parse(behind(frame, 15)));
}

TEST(Ipv4View, ReadsEveryField) {
  const Bytes packet = ethernet()
                           .ipv4("192.0.2.1", "198.51.100.2")
                           .ttl(7)
                           .identification(0xabcd)
                           .dont_fragment()
                           .ip_options({1, 1, 1, 0})
                           .udp(1, 2)
                           .payload("abc")
                           .build_ip();
  const auto view = Ipv4View::parse(packet);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->header_bytes(), 24u);
  EXPECT_EQ(view->total_bytes(), 24 + 8 + 3);
  EXPECT_EQ(view->payload_bytes(), 8u + 3);
  EXPECT_EQ(view->payload().size(), 8u + 3);
  EXPECT_EQ(view->options().size(), 4u);
  EXPECT_EQ(view->ttl(), 7);
  EXPECT_EQ(view->protocol(), 17);
  EXPECT_EQ(view->identification(), 0xabcd);
  EXPECT_TRUE(view->dont_fragment());
  EXPECT_FALSE(view->is_fragment());
  EXPECT_EQ(view->source().to_string(), "192.0.2.1");
  EXPECT_EQ(view->destination().to_string(), "198.51.100.2");
}

TEST(Ipv4View, KnowsFragments) {
  const auto udp = [] { return ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2); };
  const Bytes first = udp().fragment(0, true).build_ip();
  const auto view = Ipv4View::parse(first);
  EXPECT_TRUE(view->is_fragment());
  EXPECT_TRUE(view->more_fragments());
  EXPECT_EQ(view->fragment_offset(), 0);
  const Bytes last = udp().fragment(1480, false).build_ip();
  EXPECT_TRUE(Ipv4View::parse(last)->is_fragment());
  EXPECT_FALSE(Ipv4View::parse(last)->more_fragments());
  EXPECT_EQ(Ipv4View::parse(last)->fragment_offset(), 1480 / 8);
}

TEST(Ipv4View, LengthsMustLieInsideTheBytes) {
  const auto udp = [] { return ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2); };
  const auto parses = [](const test::FrameBuilder& frame) {
    return Ipv4View::parse(frame.build_ip()).has_value();
  };
  EXPECT_TRUE(parses(udp()));
  EXPECT_FALSE(parses(udp().version(6)));
  EXPECT_FALSE(parses(udp().header_words(4)));
  EXPECT_FALSE(parses(udp().header_words(8)));
  EXPECT_TRUE(parses(udp().total_length(20)));
  EXPECT_FALSE(parses(udp().total_length(19)));
  EXPECT_FALSE(parses(udp().total_length(29)));
  const Bytes packet = udp().total_length(2000).build_ip();
  EXPECT_TRUE(Ipv4View::parse(packet, 2000));  // the rest is in further segments
  EXPECT_EQ(Ipv4View::parse(packet, 2000)->payload().size(), 8u);
}

TEST(Ipv4Options, AreWalkedToTheirEnd) {
  const auto check = [](std::vector<uint8_t> options) {
    return check_ipv4_options(std::as_bytes(std::span(options)));
  };
  EXPECT_EQ(check({}), Ipv4Options::sound);
  EXPECT_EQ(check({1, 1, 1, 1}), Ipv4Options::sound);
  EXPECT_EQ(check({0, 131, 9, 9}), Ipv4Options::sound);
  EXPECT_EQ(check({7, 3, 4, 1}), Ipv4Options::sound);
  EXPECT_EQ(check({7, 4, 0, 0}), Ipv4Options::sound);
  EXPECT_EQ(check({7}), Ipv4Options::malformed);
  EXPECT_EQ(check({7, 0, 0, 0}), Ipv4Options::malformed);
  EXPECT_EQ(check({7, 1, 0, 0}), Ipv4Options::malformed);
  EXPECT_EQ(check({7, 5, 0, 0}), Ipv4Options::malformed);
  EXPECT_EQ(check({1, 131, 3, 4}), Ipv4Options::source_route);
  EXPECT_EQ(check({7, 3, 4, 137}), Ipv4Options::source_route);
}

TEST(Ipv4Header, IsWrittenAsAReceiverWantsIt) {
  Bytes packet(28);
  write_ipv4_header(packet.data(), {.source = be32(0x0a000001),
                                    .destination = be32(0x0a000002),
                                    .total_bytes = 28,
                                    .protocol = static_cast<Protocol>(253),
                                    .ttl = 9,
                                    .type_of_service = 0xc0});
  const test::Decoded d = test::decode_ip(packet);
  EXPECT_TRUE(d.sound()) << d;
  EXPECT_EQ(d.source, "10.0.0.1");
  EXPECT_EQ(d.destination, "10.0.0.2");
  EXPECT_EQ(d.ttl, 9);
  EXPECT_EQ(d.type_of_service, 0xc0);
  EXPECT_TRUE(d.dont_fragment);
}

TEST(Ipv6View, ReadsTheFixedHeader) {
  const Bytes packet =
      ethernet().ipv6("2001:db8::1", "fd00::2").ttl(3).udp(1, 2).payload("xy").build_ip();
  const auto size = static_cast<uint32_t>(packet.size());
  const auto view = Ipv6View::parse(packet, size);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->total_bytes(), 50u);
  EXPECT_EQ(view->payload().size(), 10u);
  EXPECT_EQ(view->next_header(), 17);
  EXPECT_EQ(view->hop_limit(), 3);
  EXPECT_EQ(view->source().to_string(), "2001:db8::1");
  EXPECT_EQ(view->destination().to_string(), "fd00::2");
  EXPECT_FALSE(Ipv6View::parse(packet, size - 1));
  EXPECT_FALSE(Ipv6View::parse(std::span(packet).first(39), size));
}

TEST(TcpView, DataOffsetLiesInsideTheBytes) {
  const auto tcp = [] {
    return ethernet()
        .ipv4("10.0.0.1", "10.0.0.2")
        .tcp(1234, 80, 0x12)
        .sequence(0x01020304)
        .acknowledgment(0x05060708);
  };
  const Bytes packet = tcp().build_ip();
  const auto view = TcpView::parse(behind(packet, 20));
  ASSERT_TRUE(view);
  EXPECT_EQ(view->source_port(), be16(1234));
  EXPECT_EQ(view->destination_port(), be16(80));
  EXPECT_EQ(view->sequence(), 0x01020304u);
  EXPECT_EQ(view->acknowledgment(), 0x05060708u);
  EXPECT_EQ(view->header_bytes(), 20u);
  EXPECT_EQ(view->flags(), 0x12);
  EXPECT_FALSE(TcpView::parse(behind(packet, 21)));
  EXPECT_FALSE(TcpView::parse(behind(tcp().data_offset(4).build_ip(), 20)));
  EXPECT_FALSE(TcpView::parse(behind(tcp().data_offset(6).build_ip(), 20)));
  EXPECT_TRUE(TcpView::parse(behind(tcp().data_offset(6).payload("data").build_ip(), 20)));
}

TEST(TcpFlags, OfNoHonestSender) {
  EXPECT_FALSE(tcp_flags_valid(0));
  EXPECT_FALSE(tcp_flags_valid(0x80));
  EXPECT_FALSE(tcp_flags_valid(0x40));
  EXPECT_FALSE(tcp_flags_valid(tcp_flag::syn | tcp_flag::fin));
  EXPECT_FALSE(tcp_flags_valid(tcp_flag::syn | tcp_flag::rst | tcp_flag::ack));
  EXPECT_TRUE(tcp_flags_valid(tcp_flag::syn | 0xc0));  // asks for ECN
  EXPECT_TRUE(tcp_flags_valid(tcp_flag::syn | tcp_flag::ack));
  EXPECT_TRUE(tcp_flags_valid(tcp_flag::rst));
  EXPECT_TRUE(tcp_flags_valid(tcp_flag::fin | tcp_flag::rst));
  EXPECT_TRUE(tcp_flags_valid(tcp_flag::fin | tcp_flag::psh | tcp_flag::ack));
}

TEST(UdpView, LengthCoversTheHeaderAndNoMoreThanThePacket) {
  const Bytes packet = ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(5, 6).payload("abcd").build_ip();
  const auto bytes = behind(packet, 20);
  const auto view = UdpView::parse(bytes, 12);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->source_port(), be16(5));
  EXPECT_EQ(view->destination_port(), be16(6));
  EXPECT_EQ(view->length_bytes(), 12);
  EXPECT_FALSE(UdpView::parse(bytes, 11));
  EXPECT_FALSE(UdpView::parse(bytes.first(7), 12));
  EXPECT_TRUE(UdpView::parse(bytes.first(8), 12));
}

TEST(IcmpTypes, WhichAreErrors) {
  for (const uint8_t error : {3, 4, 5, 11, 12}) EXPECT_TRUE(is_icmp_error(error));
  for (const uint8_t query : {0, 8, 9, 10, 13, 14, 17, 18}) EXPECT_FALSE(is_icmp_error(query));
  EXPECT_TRUE(is_icmpv6_error(1));
  EXPECT_TRUE(is_icmpv6_error(127));
  EXPECT_FALSE(is_icmpv6_error(128));
  EXPECT_FALSE(is_neighbour_discovery(132));
  EXPECT_TRUE(is_neighbour_discovery(133));
  EXPECT_TRUE(is_neighbour_discovery(137));
  EXPECT_FALSE(is_neighbour_discovery(138));
}

}  // namespace
}  // namespace weft
