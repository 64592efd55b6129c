#include "pipelines/l4/answer.h"

#include <gtest/gtest.h>

#include <memory>

#include "pipelines/l4/parse_headers.h"
#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"
#include "tests/packet_pool.h"

namespace weft {
namespace {

using test::Decoded;
using test::ethernet;
using test::FrameBuilder;

constexpr const char* client = "10.0.0.1";
constexpr const char* listener = "203.0.113.10";
constexpr const char* gateway = "10.0.0.254";

FrameBuilder tcp(uint8_t flags) {
  return ethernet().ipv4(client, listener).tcp(1234, 80, flags).sequence(1000).acknowledgment(77);
}
FrameBuilder udp() {
  return ethernet().ipv4(client, listener).udp(1234, 53).payload("question?");
}

constexpr const char* client6 = "fd00::1";
constexpr const char* listener6 = "2001:db8::10";
constexpr const char* gateway6 = "fd00::254";

FrameBuilder tcp6(uint8_t flags) {
  return ethernet().ipv6(client6, listener6).tcp(1234, 80, flags).sequence(1000).acknowledgment(77);
}
FrameBuilder udp6() {
  return ethernet().ipv6(client6, listener6).udp(1234, 53).payload("question?");
}

class Answer : public testing::Test {
 protected:
  Answer() : burst_(std::make_unique<Burst>()) {}
  ~Answer() override {
    clear();
    EXPECT_EQ(pool_.buffers_out(), 0u);
  }

  // The frame, refused and answered; nothing if it was not.
  std::optional<Decoded> reply(const FrameBuilder& frame, Reply reply, uint16_t mtu_bytes = 0) {
    return of(pool_.make(frame.build()), reply, mtu_bytes);
  }
  std::optional<Decoded> of(Packet packet, Reply reply, uint16_t mtu_bytes = 0) {
    clear();
    burst_->packets[0] = packet;
    burst_->start(1, 0);
    parse_headers(*burst_, link_);
    EXPECT_EQ(burst_->live, 1u) << name(burst_->dropped_for(0));
    burst_->refuse(0, Drop::no_listener, reply, mtu_bytes);
    EXPECT_EQ(burst_->live, 0u);
    answer(*burst_, own_, limits_, cookies_, now_);
    EXPECT_EQ(name(burst_->dropped_for(0)), "no_listener");
    EXPECT_EQ(burst_->live, burst_->answered);
    if (burst_->live == 0) {
      EXPECT_EQ(burst_->outcomes[0].verdict, Verdict::drop);
      return std::nullopt;
    }
    return checked(test::decode(test::bytes_of(burst_->packets[0])));
  }
  // The burst's headers describe the reply as if it had been parsed.
  Decoded checked(const Decoded& d) {
    Headers parsed;
    const Headers& headers = burst_->headers[0];
    EXPECT_TRUE(d.sound()) << d;
    EXPECT_EQ(headers.source.to_string(), d.source);
    EXPECT_EQ(headers.destination.to_string(), d.destination);
    EXPECT_EQ(headers.source_port.host(), d.source_port);
    EXPECT_EQ(headers.destination_port.host(), d.destination_port);
    EXPECT_EQ(static_cast<int>(headers.protocol), d.protocol);
    EXPECT_EQ(headers.tcp_flags, d.flags);
    EXPECT_EQ(headers.ip_offset, d.ip_offset);
    EXPECT_EQ(headers.l4_offset, d.l4_offset);
    EXPECT_EQ(headers.ip_bytes, d.ip_bytes);
    EXPECT_EQ(burst_->packets[0].bytes(), d.ip_offset + d.ip_bytes);
    EXPECT_EQ(headers.ttl, d.ttl);
    EXPECT_EQ(headers.v4, d.version == 4);
    EXPECT_TRUE(headers.dont_fragment);
    EXPECT_EQ(d.ttl, 64);
    return d;
  }
  void clear() {
    for (uint32_t i = 0; i < burst_->size; ++i) test::free_packet(burst_->packets[i]);
    burst_->size = 0;
  }

  test::PacketPool pool_;
  LinkFilter link_;
  OwnAddresses own_{*IpAddress::parse(gateway), *IpAddress::parse(gateway6)};
  ReplyLimits limits_;
  SynCookies cookies_{KeyedHash({1, 2, 3, 4})};
  Instant now_{seconds(1)};
  std::unique_ptr<Burst> burst_;
};

TEST_F(Answer, ResetOfASegmentWithAckTakesItsSequenceFromIt) {
  const auto reset = reply(tcp(tcp_flag::ack).payload("data"), Reply::tcp_reset);
  ASSERT_TRUE(reset);
  EXPECT_EQ(reset->source, listener);
  EXPECT_EQ(reset->destination, client);
  EXPECT_EQ(reset->source_port, 80);
  EXPECT_EQ(reset->destination_port, 1234);
  EXPECT_EQ(reset->flags, tcp_flag::rst);
  EXPECT_EQ(reset->sequence, 77u);
  EXPECT_EQ(reset->ip_bytes, 40u);
}

TEST_F(Answer, ResetOfASegmentWithoutAckAcknowledgesAllOfIt) {
  const struct {
    const char* what;
    FrameBuilder frame;
    uint32_t acknowledgment;
  } cases[] = {
      {"SYN", tcp(tcp_flag::syn), 1001},
      {"SYN with options", tcp(tcp_flag::syn).tcp_options({2, 4, 5, 180}), 1001},
      {"SYN with data", tcp(tcp_flag::syn).payload("GET"), 1004},
      {"FIN", tcp(tcp_flag::fin), 1001},
      {"data", tcp(tcp_flag::psh).payload("GET"), 1003},
      {"padding is not data", tcp(tcp_flag::psh).pad_to(60), 1000},
      {"IP options are not data", tcp(tcp_flag::psh).ip_options({1, 1, 1, 1}).payload("G"), 1001},
      {"sequence numbers wrap", tcp(tcp_flag::syn).sequence(0xffffffff), 0},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    const auto reset = reply(c.frame, Reply::tcp_reset);
    ASSERT_TRUE(reset);
    EXPECT_EQ(reset->flags, tcp_flag::rst | tcp_flag::ack);
    EXPECT_EQ(reset->sequence, 0u);
    EXPECT_EQ(reset->acknowledgment, c.acknowledgment);
    EXPECT_EQ(reset->ip_options.size() + reset->tcp_options.size(), 0u);
  }
}

TEST_F(Answer, ErrorsComeFromTheRightAddress) {
  const struct {
    Reply reply;
    const char* source;
    int type, code;
  } cases[] = {
      {Reply::port_unreachable, listener, 3, 3},
      {Reply::host_unreachable, gateway, 3, 1},
      {Reply::ttl_exceeded, gateway, 11, 0},
      {Reply::fragmentation_needed, gateway, 3, 4},
  };
  for (const auto& c : cases) {
    const auto error = reply(udp(), c.reply, 1480);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->source, c.source);
    EXPECT_EQ(error->destination, client);
    EXPECT_EQ(error->icmp_type, c.type);
    EXPECT_EQ(error->icmp_code, c.code);
    EXPECT_EQ(error->icmp_rest, c.reply == Reply::fragmentation_needed ? 1480u : 0u);
    EXPECT_EQ(error->type_of_service, 0xc0);
    EXPECT_EQ(burst_->headers[0].quoted_offset, error->l4_offset + 8);
  }
}

TEST_F(Answer, ErrorsQuoteThePacketUpTo576Bytes) {
  for (const std::size_t size : {0, 1, 8, 519, 520, 521, 1472}) {
    const auto frame = udp().payload_bytes(size);
    const auto error = reply(frame, Reply::port_unreachable);
    ASSERT_TRUE(error);
    test::Bytes quote = frame.build_ip();
    quote.resize(std::min<std::size_t>(quote.size(), 548));
    EXPECT_EQ(error->payload, quote);
  }
}

TEST_F(Answer, PaddingIsNotQuoted) {
  const auto error = reply(udp().payload("").pad_to(60), Reply::port_unreachable);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->payload.size(), 28u);
}

TEST_F(Answer, OptionsAreQuoted) {
  const auto frame = udp().ip_options({1, 1, 1, 0});
  const auto error = reply(frame, Reply::ttl_exceeded);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->payload, frame.build_ip());
}

TEST_F(Answer, FramesOfAVlanKeepTheirTag) {
  link_.vlan_id = 120;
  const auto error = reply(udp().vlan(120), Reply::port_unreachable);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->vlan_id, 120);
  EXPECT_EQ(error->ip_offset, 18u);
  EXPECT_TRUE(reply(tcp(tcp_flag::syn).vlan(120), Reply::tcp_reset));
}

TEST_F(Answer, FurtherSegmentsAreFreed) {
  const auto long_udp = udp().payload_bytes(1000);
  const auto error = of(pool_.make(long_udp.build(), 300), Reply::port_unreachable);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->payload.size(), 300u - 14);
  EXPECT_EQ(pool_.buffers_out(), 1u);
  const auto long_tcp = tcp(tcp_flag::psh).payload_bytes(1000);
  const auto reset = of(pool_.make(long_tcp.build(), 300), Reply::tcp_reset);
  ASSERT_TRUE(reset);
  EXPECT_EQ(reset->acknowledgment, 2000u);
  EXPECT_EQ(pool_.buffers_out(), 1u);
}

TEST_F(Answer, SomePacketsAreNeverAnswered) {
  const auto quote = ethernet().ipv4(listener, client).udp(53, 1234).build_ip();
  const auto quote6 = ethernet().ipv6(listener6, client6).udp(53, 1234).build_ip();
  const struct {
    const char* what;
    FrameBuilder frame;
    Reply reply;
  } cases[] = {
      {"a RST", tcp(tcp_flag::rst), Reply::tcp_reset},
      {"a RST with ACK", tcp(tcp_flag::rst | tcp_flag::ack), Reply::tcp_reset},
      {"a RST whose TTL ends", tcp(tcp_flag::rst), Reply::ttl_exceeded},
      {"a reset for UDP", udp(), Reply::tcp_reset},
      {"a reset for a fragment", tcp(tcp_flag::syn).fragment(0, true), Reply::tcp_reset},
      {"an unreachable", ethernet().ipv4(client, listener).icmp(3, 3).payload(quote),
       Reply::port_unreachable},
      {"a redirect", ethernet().ipv4(client, listener).icmp(5, 0).payload(quote),
       Reply::ttl_exceeded},
      {"a later fragment", udp().fragment(1480, false), Reply::ttl_exceeded},
      {"to a multicast address", ethernet().ipv4(client, "224.0.0.9").udp(520, 520),
       Reply::port_unreachable},
      {"to the broadcast address", ethernet().ipv4(client, "255.255.255.255").udp(67, 68),
       Reply::port_unreachable},
      {"a TCP segment that is damaged", tcp(tcp_flag::syn).l4_checksum(1), Reply::tcp_reset},
      {"a UDP datagram that is damaged", udp().l4_checksum(1), Reply::port_unreachable},
      {"a later piece of an echo",
       ethernet().ipv4(client, listener).icmp(8, 0).fragment(1480, false), Reply::ttl_exceeded},
      {"a first piece of an error",
       ethernet().ipv4(client, listener).icmp(3, 3).payload(quote).fragment(0, true),
       Reply::ttl_exceeded},
      {"a RST over IPv6", tcp6(tcp_flag::rst), Reply::tcp_reset},
      {"an ICMPv6 error", ethernet().ipv6(client6, listener6).icmp(1, 4).payload(quote6),
       Reply::port_unreachable},
      {"an ICMPv6 error of no known type", ethernet().ipv6(client6, listener6).icmp(100, 0),
       Reply::ttl_exceeded},
      {"a later IPv6 fragment", udp6().fragment(1448, false), Reply::ttl_exceeded},
      {"a later piece of an IPv6 echo",
       ethernet().ipv6(client6, listener6).icmp(128, 0).fragment(1448, true), Reply::ttl_exceeded},
      {"to an IPv6 multicast address", ethernet().ipv6(client6, "ff02::9").udp(520, 520),
       Reply::fragmentation_needed},
      {"IPv6 TCP that is damaged", tcp6(tcp_flag::syn).l4_checksum(1), Reply::tcp_reset},
      {"IPv6 UDP without checksum", udp6().l4_checksum(0), Reply::port_unreachable},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_FALSE(reply(c.frame, c.reply));
  }
}

TEST_F(Answer, ToAGroupMacAddressThereIsNoAnswer) {
  clear();
  burst_->packets[0] = pool_.make(udp().build());
  burst_->start(1, 0);
  parse_headers(*burst_, {});
  burst_->packets[0].data()[0] |= std::byte{1};
  burst_->refuse(0, Drop::no_listener, Reply::port_unreachable);
  answer(*burst_, own_, limits_, cookies_, now_);
  EXPECT_EQ(burst_->live, 0u);
}

TEST_F(Answer, SomeAreAnsweredAllTheSame) {
  EXPECT_TRUE(reply(udp().fragment(0, true), Reply::ttl_exceeded));
  EXPECT_TRUE(reply(udp().l4_checksum(0), Reply::port_unreachable));
  EXPECT_TRUE(reply(ethernet().ipv4(client, listener).icmp(8, 0), Reply::ttl_exceeded));
  EXPECT_TRUE(reply(ethernet().ipv4(client, listener).protocol(47), Reply::host_unreachable));
  EXPECT_TRUE(reply(udp6().fragment(0, true), Reply::ttl_exceeded));
  EXPECT_TRUE(reply(ethernet().ipv6(client6, listener6).icmp(128, 0), Reply::ttl_exceeded));
  EXPECT_TRUE(reply(ethernet().ipv6(client6, listener6).protocol(47), Reply::host_unreachable));
}

TEST_F(Answer, ResetsOverIpv6) {
  const auto mid_flow = reply(tcp6(tcp_flag::ack).payload("data"), Reply::tcp_reset);
  ASSERT_TRUE(mid_flow);
  EXPECT_EQ(mid_flow->source, listener6);
  EXPECT_EQ(mid_flow->destination, client6);
  EXPECT_EQ(mid_flow->source_port, 80);
  EXPECT_EQ(mid_flow->destination_port, 1234);
  EXPECT_EQ(mid_flow->flags, tcp_flag::rst);
  EXPECT_EQ(mid_flow->sequence, 77u);
  EXPECT_EQ(mid_flow->ip_bytes, 60u);
  EXPECT_EQ(mid_flow->ether_type, 0x86dd);
  const auto extended = tcp6(tcp_flag::syn).extension(0).extension(60).payload("GET");
  const auto reset = reply(extended, Reply::tcp_reset);
  ASSERT_TRUE(reset);
  EXPECT_EQ(reset->flags, tcp_flag::rst | tcp_flag::ack);
  EXPECT_EQ(reset->acknowledgment, 1004u) << "extension headers are not data";
  EXPECT_EQ(reset->ip_bytes, 60u);
}

TEST_F(Answer, ErrorsOverIpv6) {
  const struct {
    Reply reply;
    const char* source;
    int type, code;
  } cases[] = {
      {Reply::port_unreachable, listener6, 1, 4},
      {Reply::host_unreachable, gateway6, 1, 3},
      {Reply::ttl_exceeded, gateway6, 3, 0},
      {Reply::fragmentation_needed, gateway6, 2, 0},
  };
  for (const auto& c : cases) {
    const auto frame = udp6().extension(60);
    const auto error = reply(frame, c.reply, 1460);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->source, c.source);
    EXPECT_EQ(error->destination, client6);
    EXPECT_EQ(error->icmp_type, c.type);
    EXPECT_EQ(error->icmp_code, c.code);
    EXPECT_EQ(error->icmp_rest, c.reply == Reply::fragmentation_needed ? 1460u : 0u);
    EXPECT_EQ(error->payload, frame.build_ip());
    EXPECT_EQ(burst_->headers[0].quoted_offset, error->l4_offset + 8);
  }
}

TEST_F(Answer, ErrorsOverIpv6QuoteThePacketUpToTheLeastMtu) {
  for (const std::size_t size : {0, 1183, 1184, 1185, 1452}) {
    const auto frame = udp6().payload_bytes(size);
    const auto error = reply(frame, Reply::fragmentation_needed, 1400);
    ASSERT_TRUE(error);
    test::Bytes quote = frame.build_ip();
    quote.resize(std::min<std::size_t>(quote.size(), 1280 - 48));
    EXPECT_EQ(error->payload, quote);
  }
}

TEST_F(Answer, FamiliesShareTheLimits) {
  int made = 0;
  while (reply(tcp6(tcp_flag::syn), Reply::tcp_reset)) ++made;
  EXPECT_EQ(made, 100);
  EXPECT_FALSE(reply(tcp(tcp_flag::syn), Reply::tcp_reset));
}

TEST_F(Answer, WithoutAnOwnAddressOfTheFamilyOnlyTheListenerAnswers) {
  own_.v6 = IpAddress();
  EXPECT_FALSE(reply(udp6(), Reply::ttl_exceeded));
  EXPECT_TRUE(reply(udp6(), Reply::port_unreachable));
  EXPECT_TRUE(reply(udp(), Reply::ttl_exceeded));
  own_.v4 = IpAddress();
  EXPECT_FALSE(reply(udp(), Reply::ttl_exceeded));
  EXPECT_FALSE(reply(udp(), Reply::host_unreachable));
  EXPECT_FALSE(reply(udp(), Reply::fragmentation_needed, 1400));
  EXPECT_TRUE(reply(udp(), Reply::port_unreachable));
  EXPECT_TRUE(reply(tcp(tcp_flag::syn), Reply::tcp_reset));
}

TEST_F(Answer, WithoutHeadroomThereIsNoError) {
  const Packet packet = pool_.make(udp().build());
  packet.prepend(packet.headroom_bytes() - 27);
  std::memmove(packet.data(), packet.data() + 101, packet.bytes() - 101);
  packet.resize(packet.bytes() - 101);
  EXPECT_FALSE(of(packet, Reply::port_unreachable));
}

TEST_F(Answer, RepliesAreLimitedByTheirKind) {
  int made = 0;
  while (reply(tcp(tcp_flag::syn), Reply::tcp_reset)) ++made;
  EXPECT_EQ(made, 100);
  EXPECT_FALSE(reply(udp(), Reply::port_unreachable));
  EXPECT_TRUE(reply(udp(), Reply::fragmentation_needed, 1400));
  EXPECT_TRUE(reply(udp(), Reply::ttl_exceeded));
  now_ += milliseconds(1);
  EXPECT_FALSE(reply(tcp(tcp_flag::rst), Reply::tcp_reset));                        // costs nothing
  EXPECT_FALSE(reply(udp().set_byte(14 + 20 + 8, 0xff), Reply::port_unreachable));  // nor does this
  EXPECT_TRUE(reply(tcp(tcp_flag::syn), Reply::tcp_reset));
  EXPECT_FALSE(reply(udp(), Reply::port_unreachable));
}

TEST(ReplyLimits, ScannersTakeNothingFromTheFlowsOfADeadEndpoint) {
  ReplyLimits limits;
  const Instant now(seconds(1));
  while (limits.take({Drop::no_listener, Reply::tcp_reset}, now)) {
  }
  EXPECT_TRUE(limits.take({Drop::endpoint_down, Reply::tcp_reset}, now));
}

TEST_F(Answer, OnlyRefusedPacketsOfABurstAreTouched) {
  clear();
  const FrameBuilder frames[] = {tcp(tcp_flag::syn), udp(), udp(), tcp(tcp_flag::ack)};
  for (uint32_t i = 0; i < 4; ++i) burst_->packets[i] = pool_.make(frames[i].build());
  burst_->start(4, 0);
  parse_headers(*burst_, {});
  burst_->refuse(0, Drop::no_endpoint, Reply::tcp_reset);
  burst_->refuse(1, Drop::no_endpoint, Reply::none);
  burst_->drop(2, Drop::transit);
  answer(*burst_, own_, limits_, cookies_, now_);
  EXPECT_EQ(burst_->live, 0b1001u);
  EXPECT_EQ(burst_->answered, 0b0001u);
  EXPECT_EQ(test::bytes_of(burst_->packets[3]), frames[3].build());
  const Drop counted[] = {Drop::no_endpoint, Drop::no_endpoint, Drop::transit, Drop::none};
  for (uint32_t i = 0; i < 4; ++i) EXPECT_EQ(name(burst_->dropped_for(i)), name(counted[i]));
  burst_->drop(0, Drop::no_route);  // the reply ends, but the packet was counted
  EXPECT_EQ(burst_->dropped_for(0), Drop::no_endpoint);
}

TEST(RefusalReply, IsWhatTheProtocolKnows) {
  EXPECT_EQ(refusal_reply({.protocol = Protocol::tcp}), Reply::tcp_reset);
  EXPECT_EQ(refusal_reply({.protocol = Protocol::udp}), Reply::port_unreachable);
}

}  // namespace
}  // namespace weft
