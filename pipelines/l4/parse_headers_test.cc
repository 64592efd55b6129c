#include "pipelines/l4/parse_headers.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

#include "pipelines/l4/parse_any.h"
#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"
#include "tests/packet_pool.h"

namespace weft {
namespace {

using test::ethernet;
using test::FrameBuilder;

FrameBuilder tcp() {
  return ethernet().ipv4("10.0.0.1", "10.0.0.2").tcp(1234, 80, tcp_flag::syn);
}
FrameBuilder udp() {
  return ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(1234, 53).payload("question?");
}
FrameBuilder from(std::string_view source) {
  return ethernet().ipv4(source, "10.0.0.2").tcp(1234, 80, tcp_flag::syn);
}
FrameBuilder udp6() {
  return ethernet().ipv6("fd00::1", "fd00::2").udp(1234, 53);
}
FrameBuilder tcp6() {
  return ethernet().ipv6("fd00::1", "fd00::2").tcp(1234, 80, tcp_flag::syn);
}
// `count` destination options of 8 bytes or what holds `body_bytes`.
FrameBuilder with_extensions(int count, std::size_t body_bytes) {
  FrameBuilder frame = tcp6();
  for (int i = 0; i < count; ++i) frame.extension(60, std::vector<uint8_t>(body_bytes));
  return frame;
}
FrameBuilder from6(std::string_view source) {
  return ethernet().ipv6(source, "fd00::2").tcp(1234, 80, tcp_flag::syn);
}
FrameBuilder unreachable() {
  return ethernet()
      .ipv4("10.0.0.9", "10.0.0.2")
      .icmp(3, 1)
      .payload(ethernet().ipv4("10.0.0.2", "10.0.0.1").udp(53, 1234).build_ip());
}

constexpr LinkFilter any_link;
const LinkFilter vlan_120{.vlan_id = 120};
const LinkFilter own_mac{.mac = MacAddress{2, 0, 0, 0, 0, 1}};

class ParseHeaders : public testing::Test {
 protected:
  ParseHeaders() : burst_(std::make_unique<Burst>()) {}
  ~ParseHeaders() override { clear(); }

  // Parses the frames as one burst.
  Burst& parse(const std::vector<test::Bytes>& frames, const LinkFilter& link = any_link,
               uint64_t device_flags = 0, uint32_t segment_bytes = UINT16_MAX) {
    clear();
    for (std::size_t i = 0; i < frames.size(); ++i) {
      burst_->packets[i] = pool_.make(frames[i], segment_bytes);
      burst_->packets[i].buffer()->ol_flags = device_flags;
    }
    burst_->start(static_cast<uint32_t>(frames.size()), 3);
    parse_headers(*burst_, link);
    return *burst_;
  }
  Headers headers_of(const FrameBuilder& frame, const LinkFilter& link = any_link) {
    Burst& burst = parse({frame.build()}, link);
    EXPECT_EQ(burst.live, 1u) << name(burst.outcomes[0].drop);
    return burst.headers[0];
  }
  Drop drop_of(const FrameBuilder& frame, const LinkFilter& link = any_link,
               uint64_t device_flags = 0) {
    Burst& burst = parse({frame.build()}, link, device_flags);
    return burst.live == 1 ? Drop::none : burst.outcomes[0].drop;
  }
  void clear() {
    for (uint32_t i = 0; i < burst_->size; ++i) test::free_packet(burst_->packets[i]);
    burst_->size = 0;
    EXPECT_EQ(pool_.buffers_out(), 0u);
  }

  test::PacketPool pool_;
  std::unique_ptr<Burst> burst_;
};

struct Refused {
  const char* what;
  FrameBuilder frame;
  Drop drop;
  LinkFilter link{};
};

const std::vector<Refused>& refused_frames() {
  static const std::vector<Refused> cases = {
      {"no bytes", tcp().truncate(0), Drop::frame_truncated},
      {"half an Ethernet header", tcp().truncate(13), Drop::frame_truncated},
      {"no IPv4 header", tcp().truncate(14), Drop::frame_truncated},
      {"an IPv4 header that is cut off", tcp().truncate(33), Drop::frame_truncated},
      {"IPv4 options that are cut off", tcp().header_words(15).truncate(54), Drop::frame_truncated},
      {"half a VLAN tag", tcp().vlan(120).truncate(17), Drop::frame_truncated, vlan_120},
      {"nothing behind the VLAN tag", tcp().vlan(120).truncate(18), Drop::frame_truncated,
       vlan_120},

      {"MPLS", tcp().ether_type(0x8847), Drop::ethertype_unknown},
      {"PPPoE in the VLAN", tcp().vlan(120).ether_type(0x8864), Drop::ethertype_unknown, vlan_120},

      {"a tag where none is", tcp().vlan(120), Drop::vlan_foreign},
      {"no tag where one is", tcp(), Drop::vlan_foreign, vlan_120},
      {"another tag", tcp().vlan(121), Drop::vlan_foreign, vlan_120},
      {"a second tag", tcp().vlan(120).vlan(120), Drop::vlan_foreign, vlan_120},
      {"a service tag", tcp().vlan(120, 0x88a8), Drop::vlan_foreign, vlan_120},
      {"a broadcast of another VLAN", tcp().vlan(7).to("ff:ff:ff:ff:ff:ff"), Drop::vlan_foreign},

      {"unicast to another station", tcp().to("02:00:00:00:00:07"), Drop::mac_foreign, own_mac},

      {"version 5", tcp().version(5), Drop::ip_header_malformed},
      {"version 6 in an IPv4 frame", tcp().version(6), Drop::ip_header_malformed},
      {"IHL 4", tcp().header_words(4), Drop::ip_header_malformed},
      {"IHL 0", tcp().header_words(0), Drop::ip_header_malformed},
      {"an option without length", tcp().ip_options({1, 1, 1, 7}), Drop::ip_header_malformed},
      {"an option of length 1", tcp().ip_options({7, 1, 0, 0}), Drop::ip_header_malformed},
      {"an option beyond the header", tcp().ip_options({7, 5, 4, 0}), Drop::ip_header_malformed},

      {"total length 19", tcp().total_length(19), Drop::ip_length_wrong},
      {"total length inside the options", tcp().ip_options({1, 1, 1, 1}).total_length(23),
       Drop::ip_length_wrong},
      {"total length beyond the frame", tcp().total_length(41), Drop::ip_length_wrong},
      {"total length 65535", udp().total_length(65535), Drop::ip_length_wrong},

      {"a wrong checksum", tcp().ip_checksum(0x1234), Drop::ip_checksum_wrong},
      {"no checksum", udp().ip_checksum(0), Drop::ip_checksum_wrong},
      {"a wrong checksum of options", tcp().ip_options({1, 1, 1, 1}).ip_checksum(1),
       Drop::ip_checksum_wrong},

      {"a loose source route", tcp().ip_options({131, 7, 4, 10, 0, 0, 3}), Drop::ip_source_route},
      {"a strict source route", tcp().ip_options({1, 137, 7, 4, 10, 0, 0, 3}),
       Drop::ip_source_route},

      {"from 0.0.0.0", from("0.0.0.0"), Drop::ip_source_invalid},
      {"from 127.0.0.1", from("127.0.0.1"), Drop::ip_source_invalid},
      {"from a multicast address", from("224.0.0.1"), Drop::ip_source_invalid},
      {"from the last multicast address", from("239.255.255.255"), Drop::ip_source_invalid},
      {"from broadcast", from("255.255.255.255"), Drop::ip_source_invalid},
      {"a fragment from 127.1.2.3", from("127.1.2.3").fragment(0, true), Drop::ip_source_invalid},

      {"land", from("10.0.0.2").tcp(80, 80, tcp_flag::syn), Drop::land},
      {"land between two ports", from("10.0.0.2"), Drop::land},

      {"TCP of 19 bytes", tcp().truncate(53).total_length(39), Drop::l4_truncated},
      {"TCP without a byte", tcp().truncate(34).total_length(20), Drop::l4_truncated},
      {"TCP in padding", tcp().total_length(28), Drop::l4_truncated},
      {"UDP of 7 bytes", udp().total_length(27), Drop::l4_truncated},
      {"ICMP of 7 bytes", unreachable().total_length(27), Drop::l4_truncated},

      {"TCP data offset 4", tcp().data_offset(4), Drop::l4_malformed},
      {"TCP data offset beyond the packet", tcp().data_offset(6), Drop::l4_malformed},
      {"TCP data offset in padding", tcp().data_offset(15).pad_to(100), Drop::l4_malformed},
      {"UDP length 7", udp().udp_length(7), Drop::l4_malformed},
      {"UDP length 0", udp().udp_length(0), Drop::l4_malformed},
      {"UDP length beyond the packet", udp().udp_length(18), Drop::l4_malformed},
      {"UDP length in padding", udp().udp_length(18).pad_to(60), Drop::l4_malformed},

      {"an ICMP error with a wrong checksum", unreachable().l4_checksum(1),
       Drop::l4_checksum_wrong},

      {"TCP from port 0", tcp().tcp(0, 80, tcp_flag::syn), Drop::l4_port_zero},
      {"TCP to port 0", tcp().tcp(1234, 0, tcp_flag::syn), Drop::l4_port_zero},
      {"UDP from port 0", udp().udp(0, 53), Drop::l4_port_zero},
      {"UDP to port 0", udp().udp(1234, 0), Drop::l4_port_zero},

      {"no TCP flags", tcp().tcp(1234, 80, 0), Drop::tcp_flags_invalid},
      {"ECE and CWR alone", tcp().tcp(1234, 80, 0xc0), Drop::tcp_flags_invalid},
      {"SYN FIN", tcp().tcp(1234, 80, tcp_flag::syn | tcp_flag::fin), Drop::tcp_flags_invalid},
      {"SYN RST", tcp().tcp(1234, 80, tcp_flag::syn | tcp_flag::rst), Drop::tcp_flags_invalid},
      {"all flags", tcp().tcp(1234, 80, 0xff), Drop::tcp_flags_invalid},

      {"an IPv6 header that is cut off", tcp6().truncate(53), Drop::frame_truncated},
      {"IPv6 of version 4", tcp6().version(4), Drop::ip_header_malformed},
      {"IPv6 length beyond the frame", tcp6().payload_length(21), Drop::ip_length_wrong},
      {"a type 0 routing header", tcp6().extension(43, {0, 0}), Drop::ip_source_route},
      {"a type 0 routing header behind options", tcp6().extension(0).extension(43, {0, 1}),
       Drop::ip_source_route},
      {"a routing header with segments left", tcp6().extension(43, {4, 1}), Drop::ip_source_route},
      {"a routing header that is cut off", tcp6().extension(43).payload_length(7),
       Drop::frame_truncated},
      {"options that are cut off", tcp6().extension(60, {1, 12}).payload_length(15).set_byte(55, 1),
       Drop::frame_truncated},
      {"a fragment header that is cut off", tcp6().fragment(0, true).payload_length(7),
       Drop::frame_truncated},
      {"hop-by-hop options that come second", tcp6().extension(60).extension(0),
       Drop::ip_header_malformed},
      {"two fragment headers", tcp6().fragment(0, true).fragment(0, true),
       Drop::ip_header_malformed},
      {"nine extension headers", with_extensions(9, 0), Drop::ip_extensions_too_long},
      {"extension headers of 264 bytes", with_extensions(3, 86), Drop::ip_extensions_too_long},

      {"a first piece of 16 bytes of TCP", tcp().truncate(50).total_length(36).fragment(0, true),
       Drop::fragment_tiny},
      {"a first piece that ends in TCP options",
       tcp().tcp_options({2, 4, 5, 180}).truncate(54).total_length(40).fragment(0, true),
       Drop::fragment_tiny},
      {"a first piece of 7 bytes of UDP", udp().truncate(41).total_length(27).fragment(0, true),
       Drop::fragment_tiny},
      {"a first piece of 7 bytes of ICMP",
       unreachable().truncate(41).total_length(27).fragment(0, true), Drop::fragment_tiny},
      {"a first IPv6 piece without TCP", tcp6().fragment(0, true).payload_length(8),
       Drop::fragment_tiny},
      {"a first piece of TCP data offset 4", tcp().data_offset(4).fragment(0, true),
       Drop::l4_malformed},
      {"a first piece of UDP length 7", udp().udp_length(7).fragment(0, true), Drop::l4_malformed},
      {"a first piece from port 0", udp().udp(0, 53).fragment(0, true), Drop::l4_port_zero},
      {"a piece over the TCP flags", tcp().fragment(8, false), Drop::fragment_overlap},
      {"a piece over the TCP checksum", tcp().fragment(16, true), Drop::fragment_overlap},
      {"an IPv6 piece over the TCP flags", tcp6().fragment(8, true), Drop::fragment_overlap},
      {"from ::", from6("::"), Drop::ip_source_invalid},
      {"from ::1", from6("::1"), Drop::ip_source_invalid},
      {"from ff02::1", from6("ff02::1"), Drop::ip_source_invalid},
      {"from a mapped address", from6("::ffff:10.0.0.1"), Drop::ip_source_invalid},
      {"to a mapped address", ethernet().ipv6("fd00::1", "::ffff:10.0.0.2").udp(1, 2),
       Drop::ip_header_malformed},
      {"IPv6 land", from6("fd00::2"), Drop::land},
      {"IPv6 TCP of 19 bytes", tcp6().payload_length(19), Drop::l4_truncated},
      {"IPv6 to port 0", tcp6().tcp(1, 0, tcp_flag::syn), Drop::l4_port_zero},
      {"an ICMPv6 error with a wrong checksum",
       ethernet().ipv6("fd00::1", "fd00::2").icmp(1, 4).l4_checksum(1), Drop::l4_checksum_wrong},
  };
  return cases;
}

TEST_F(ParseHeaders, WhatTheBytesForbidIsDroppedByName) {
  for (const Refused& c : refused_frames()) {
    SCOPED_TRACE(c.what);
    EXPECT_EQ(name(drop_of(c.frame, c.link)), name(c.drop));
    // Padding changes nothing, unless the frame was too short.
    if (c.drop != Drop::frame_truncated && c.drop != Drop::ip_length_wrong) {
      EXPECT_EQ(name(drop_of(FrameBuilder(c.frame).pad_to(128), c.link)), name(c.drop));
    }
  }
}

// The kernel's frames are live and unchecked.
TEST_F(ParseHeaders, WhatTheKernelWantsGoesItsWayUnchecked) {
  const struct {
    const char* what;
    FrameBuilder frame;
    LinkFilter link{};
  } cases[] = {
      {"ARP", ethernet().ether_type(0x0806).payload_bytes(28)},
      {"ARP in the VLAN", ethernet().vlan(120).ether_type(0x0806).payload_bytes(28), vlan_120},
      {"ARP by broadcast", ethernet().to("ff:ff:ff:ff:ff:ff").payload_bytes(28), own_mac},
      {"LLDP", ethernet().to("01:80:c2:00:00:0e").ether_type(0x88cc)},
      {"LACP by unicast", ethernet().ether_type(0x8809)},
      {"EAPOL by unicast", ethernet().ether_type(0x888e)},
      {"PTP by unicast", ethernet().ether_type(0x88f7)},
      {"IEEE 802.3", ethernet().ether_type(38).payload_bytes(38)},
      {"an unknown EtherType by multicast", ethernet().to("01:00:5e:00:00:01").ether_type(0x9999)},
      {"DHCP", from("0.0.0.0").to("ff:ff:ff:ff:ff:ff")},
      {"IGMP", ethernet().ipv4("10.0.0.1", "224.0.0.22").protocol(2).to("01:00:5e:00:00:16")},
      {"multicast nonsense", tcp().version(9).to("01:00:5e:00:00:16")},
      {"duplicate address detection",
       ethernet().to("33:33:00:00:00:01").ipv6("::", "ff02::1:ff00:1").icmp(135, 0)},
      {"the same by unicast", ethernet().ipv6("::", "fd00::2").icmp(135, 0)},
      {"a neighbour advertisement", ethernet().ipv6("fd00::1", "fd00::2").icmp(136, 0)},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_EQ(headers_of(c.frame, c.link), Headers{});
  }
}

// What is expected of a packet, from the decoder.
void expect_decoded(const Headers& headers, const FrameBuilder& frame) {
  const test::Decoded d = test::decode(frame.build());
  EXPECT_EQ(headers.source.to_string(), d.source);
  EXPECT_EQ(headers.destination.to_string(), d.destination);
  EXPECT_EQ(headers.source_port.host(), d.source_port);
  EXPECT_EQ(headers.destination_port.host(), d.destination_port);
  EXPECT_EQ(headers.ip_offset, d.ip_offset);
  EXPECT_EQ(headers.l4_offset, d.l4_offset);
  EXPECT_EQ(headers.ip_bytes, d.ip_bytes);
  EXPECT_EQ(static_cast<int>(headers.protocol), d.protocol);
  EXPECT_EQ(headers.tcp_flags, d.flags);
  EXPECT_EQ(headers.ttl, d.ttl);
  EXPECT_EQ(headers.v4, d.version == 4);
  EXPECT_EQ(headers.dont_fragment, d.dont_fragment);
}

TEST_F(ParseHeaders, TransportIsReadAsItIs) {
  const struct {
    const char* what;
    FrameBuilder frame;
    LinkFilter link{};
  } cases[] = {
      {"TCP", tcp()},
      {"TCP with payload and padding", tcp().payload("x").pad_to(60)},
      {"TCP to our MAC address", tcp(), own_mac},
      {"TCP that may not be fragmented", tcp().dont_fragment().ttl(1)},
      {"TCP with options", tcp().tcp_options({2, 4, 5, 0xb4}).payload("data")},
      {"TCP with every flag that may be", tcp().tcp(1, 2, 0xff ^ tcp_flag::syn)},
      {"TCP in the VLAN", tcp().vlan(120), vlan_120},
      {"TCP in the VLAN with a priority", tcp().vlan(0xe078), vlan_120},
      {"TCP with a priority tag", tcp().vlan(0xe000)},
      {"TCP behind IP options", tcp().ip_options({7, 7, 4, 0, 0, 0, 0}).payload("data")},
      {"TCP behind an end of options", tcp().ip_options({1, 0, 131, 131})},
      {"TCP with type of service", tcp().type_of_service(0xb8)},
      {"TCP with the reserved flag", tcp().reserved_flag()},
      {"UDP", udp()},
      {"UDP without a byte", udp().payload("")},
      {"UDP shorter than its packet", udp().udp_length(10).pad_to(64)},
      {"UDP without checksum", udp().l4_checksum(0)},
      {"UDP of 1472 bytes", udp().payload_bytes(1472)},
      {"from class E", from("240.0.0.1")},
      {"from 1.0.0.0", from("1.0.0.0")},
      {"from 126.0.0.0", from("126.0.0.0")},
      {"from 128.0.0.0", from("128.0.0.0")},
      {"from 223.255.255.255", from("223.255.255.255")},
      {"TCP over IPv6", tcp6().payload("six").pad_to(100)},
      {"UDP over IPv6", ethernet().ipv6("2001:db8::1", "2001:db8::2").udp(7, 9)},
      {"TCP over IPv6 in the VLAN", tcp6().vlan(120), vlan_120},
      {"TCP over IPv6 to our MAC address", tcp6().ttl(1).type_of_service(0xb8), own_mac},
      {"TCP options over IPv6", tcp6().tcp_options({2, 4, 5, 0xb4}).payload("data")},
      {"from an address with an upper half of zero", from6("::2")},
      {"TCP behind options", tcp6().extension(0, {5, 2, 0, 0}).extension(60).payload("data")},
      {"TCP behind a routing header that is used up", tcp6().extension(43, {4, 0})},
      {"UDP behind AH", ethernet().ipv6("fd00::1", "fd00::2").extension(51, {0, 0}).udp(7, 9)},
      {"a whole datagram with a fragment header", tcp6().fragment(0, false)},
      {"TCP behind eight extension headers", with_extensions(8, 0)},
      {"TCP behind 256 bytes of extension headers", with_extensions(2, 126)},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    const Headers headers = headers_of(c.frame, c.link);
    expect_decoded(headers, c.frame);
    EXPECT_EQ(headers.payload, Payload::transport);
    EXPECT_EQ(headers.quoted_offset, 0);
    EXPECT_EQ(headers.datagram_id, 0u);
  }
}

TEST_F(ParseHeaders, WhatIsNotTransportIsNamed) {
  const auto echo = ethernet().ipv4("10.0.0.1", "10.0.0.2").icmp(8, 0).payload_bytes(16);
  const struct {
    const char* what;
    FrameBuilder frame;
    Payload payload;
  } cases[] = {
      {"echo", ethernet().ipv4("10.0.0.1", "10.0.0.2").icmp(8, 0), Payload::icmp_echo},
      {"timestamp", ethernet().ipv4("10.0.0.1", "10.0.0.2").icmp(13, 0), Payload::other},
      {"unreachable", unreachable(), Payload::icmp_error},
      {"redirect", unreachable().icmp(5, 0), Payload::icmp_error},
      {"time exceeded", unreachable().icmp(11, 0), Payload::icmp_error},
      {"an error without a quote", unreachable().payload(""), Payload::icmp_error},
      {"a first fragment", udp().fragment(0, true).identification(77), Payload::first_fragment},
      {"a first fragment over IPv6", tcp6().extension(0).fragment(0, true).extension(60),
       Payload::first_fragment},
      {"a last fragment", udp().fragment(1480, false), Payload::later_fragment},
      {"a last fragment over IPv6", tcp6().fragment(1448, false), Payload::later_fragment},
      {"a piece of what has options in its first",
       tcp6().fragment(1448, false).extension(60).payload_length(9), Payload::later_fragment},
      {"a first piece of an echo", FrameBuilder(echo).fragment(0, true), Payload::icmp_echo},
      {"a later piece of an echo", FrameBuilder(echo).fragment(1480, true), Payload::icmp_echo},
      {"a later piece of an ICMPv6 echo",
       ethernet().ipv6("fd00::1", "fd00::2").icmp(128, 0).fragment(1448, true), Payload::icmp_echo},
      {"a first piece of an error", unreachable().fragment(0, true), Payload::icmp_error},
      {"a piece of SCTP", ethernet().ipv4("10.0.0.1", "10.0.0.2").protocol(132).fragment(8, true),
       Payload::other},
      {"a fragment of a few bytes",
       udp().payload("").truncate(35).total_length(21).fragment(8, true), Payload::later_fragment},
      {"GRE", ethernet().ipv4("10.0.0.1", "10.0.0.2").protocol(47), Payload::other},
      {"ICMPv6 in IPv4", ethernet().ipv4("10.0.0.1", "10.0.0.2").protocol(58), Payload::other},
      {"IPv6 echo", ethernet().ipv6("fd00::1", "fd00::2").icmp(128, 0), Payload::icmp_echo},
      {"IPv6 too big",
       ethernet()
           .ipv6("fd00::1", "fd00::2")
           .icmp(2, 0, 1400)
           .payload(ethernet().ipv6("fd00::2", "fd00::1").udp(53, 99).build_ip()),
       Payload::icmp_error},
      {"IPv6 echo behind options", ethernet().ipv6("fd00::1", "fd00::2").extension(0).icmp(129, 0),
       Payload::icmp_echo},
      {"IPv6 without a next header", tcp6().protocol(59), Payload::other},
      {"ESP behind options", tcp6().protocol(50).extension(60), Payload::other},
      {"ICMP in IPv6", ethernet().ipv6("fd00::1", "fd00::2").protocol(1).icmp(3, 1),
       Payload::other},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    const Headers headers = headers_of(c.frame);
    EXPECT_EQ(headers.payload, c.payload);
    EXPECT_EQ(headers.source_port != be16(0), c.payload == Payload::first_fragment);
    expect_decoded(headers, c.frame);
  }
}

TEST_F(ParseHeaders, FragmentsCarryTheirDatagramsId) {
  EXPECT_EQ(headers_of(udp().fragment(0, true).identification(77)).datagram_id, 77u);
  const auto six = tcp6().identification(0x01020304);
  EXPECT_EQ(headers_of(FrameBuilder(six).fragment(0, true)).datagram_id, 0x01020304u);
  EXPECT_EQ(headers_of(FrameBuilder(six).fragment(24, true)).datagram_id, 0x01020304u);
  EXPECT_EQ(headers_of(FrameBuilder(six).fragment(0, false)).datagram_id, 0u);
}

TEST_F(ParseHeaders, TheDevicesWordOnChecksums) {
  const auto wrong_ip = tcp().ip_checksum(1);
  EXPECT_EQ(drop_of(wrong_ip, any_link, RTE_MBUF_F_RX_IP_CKSUM_GOOD), Drop::none);
  EXPECT_EQ(drop_of(wrong_ip, any_link, RTE_MBUF_F_RX_IP_CKSUM_BAD), Drop::ip_checksum_wrong);
  EXPECT_EQ(drop_of(wrong_ip, any_link, RTE_MBUF_F_RX_IP_CKSUM_NONE), Drop::ip_checksum_wrong);
  EXPECT_EQ(drop_of(tcp(), any_link, RTE_MBUF_F_RX_IP_CKSUM_BAD), Drop::none);

  for (const FrameBuilder& frame : {tcp(), udp(), tcp6()}) {
    const auto wrong = FrameBuilder(frame).l4_checksum(1);
    EXPECT_EQ(drop_of(wrong), Drop::none);
    EXPECT_EQ(drop_of(wrong, any_link, RTE_MBUF_F_RX_L4_CKSUM_BAD), Drop::l4_checksum_wrong);
    EXPECT_EQ(drop_of(frame, any_link, RTE_MBUF_F_RX_L4_CKSUM_BAD), Drop::none);
  }
  const auto without = udp().l4_checksum(0);
  EXPECT_EQ(drop_of(without, any_link, RTE_MBUF_F_RX_L4_CKSUM_BAD), Drop::none);
}

TEST_F(ParseHeaders, ATagThatTheDeviceStrippedCounts) {
  const auto parse_stripped = [this](uint16_t id, const LinkFilter& link) {
    clear();
    burst_->packets[0] = pool_.make(tcp().build());
    burst_->packets[0].buffer()->ol_flags = RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
    burst_->packets[0].buffer()->vlan_tci = id;
    burst_->start(1, 0);
    parse_headers(*burst_, link);
    return burst_->dropped_for(0);
  };
  EXPECT_EQ(parse_stripped(120, vlan_120), Drop::none);
  EXPECT_EQ(burst_->headers[0].ip_offset, 14);
  EXPECT_EQ(parse_stripped(121, vlan_120), Drop::vlan_foreign);
  EXPECT_EQ(parse_stripped(120, any_link), Drop::vlan_foreign);
}

TEST_F(ParseHeaders, PayloadMayLieInFurtherSegments) {
  const auto frame = udp().payload_bytes(1000);
  Burst& burst = parse({frame.build()}, any_link, RTE_MBUF_F_RX_L4_CKSUM_BAD, 101);
  ASSERT_EQ(burst.live, 1u) << name(burst.outcomes[0].drop);
  EXPECT_EQ(burst.packets[0].buffer()->nb_segs, 11);
  expect_decoded(burst.headers[0], frame);
}

TEST_F(ParseHeaders, HeadersMustBeInTheFirstSegment) {
  const auto drop = [this](uint32_t segment_bytes) {
    return name(parse({tcp().build()}, any_link, 0, segment_bytes).outcomes[0].drop);
  };
  EXPECT_EQ(drop(10), "frame_truncated");
  EXPECT_EQ(drop(30), "frame_truncated");
  EXPECT_EQ(drop(40), "l4_truncated");
}

TEST_F(ParseHeaders, AFullBurstKeepsItsOrder) {
  std::vector<test::Bytes> frames;
  for (uint16_t i = 0; i < Burst::packets_max; ++i) {
    const auto port = static_cast<uint16_t>(1000 + i);
    frames.push_back(i % 5 == 3 ? tcp().version(5).build() : udp().udp(port, 53).build());
  }
  Burst& burst = parse(frames);
  for (uint32_t i = 0; i < Burst::packets_max; ++i) {
    if (i % 5 == 3) {
      EXPECT_EQ(burst.outcomes[i].drop, Drop::ip_header_malformed);
    } else {
      EXPECT_EQ(burst.live >> i & 1, 1u);
      EXPECT_EQ(burst.headers[i].source_port, be16(static_cast<uint16_t>(1000 + i)));
    }
  }
}

// Any frame, mutated at random: the fast half says what the slow half says.
TEST_F(ParseHeaders, BothHalvesAgree) {
  std::mt19937 random(7);
  const std::vector<FrameBuilder> seeds = {tcp().payload("abc"),
                                           udp(),
                                           tcp().vlan(120),
                                           udp().vlan(120),
                                           tcp().pad_to(60),
                                           udp().truncate(44),
                                           tcp6(),
                                           tcp6().payload("six").vlan(120),
                                           udp6(),
                                           udp6().extension(60)};
  for (int round = 0; round < 20'000; ++round) {
    test::Bytes frame = seeds[random() % seeds.size()].build();
    for (uint32_t edits = random() % 3; edits != 0; --edits) {
      frame[random() % std::min<std::size_t>(frame.size(), 76)] = static_cast<std::byte>(random());
    }
    const LinkFilter& link = round % 3 == 0 ? any_link : round % 3 == 1 ? vlan_120 : own_mac;
    const uint64_t device = random() % 2 == 0 ? RTE_MBUF_F_RX_IP_CKSUM_GOOD : 0;
    Burst& burst = parse({frame}, link, device);
    Headers headers;
    const Drop drop = parse_any(burst.packets[0], link, headers);
    ASSERT_EQ(name(burst.dropped_for(0)), name(drop));
    if (drop == Drop::none) {
      ASSERT_EQ(burst.headers[0], headers);
    }
  }
}

}  // namespace
}  // namespace weft
