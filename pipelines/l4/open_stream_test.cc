// Flows that begin by a SYN cookie, from end to end of the path.
#include "pipelines/l4/open_stream.h"

#include <gtest/gtest.h>

#include "tests/path.h"

namespace weft {
namespace {

using test::Bytes;
using test::Decoded;
using test::ethernet;
using test::Path;
using test::PathOutput;
using test::SnapshotBuilder;
using Options = std::vector<uint8_t>;

constexpr uint32_t isn = 5000;
constexpr uint32_t endpoint_isn = 0xfffffff0;
constexpr uint16_t client_window = 500;
constexpr auto syn_ack = tcp_flag::syn | tcp_flag::ack;

struct Case {
  Forward forward;
  bool v4;
  ClientAddress header = ClientAddress::none;
};

std::string client(bool v4) {
  return v4 ? "192.0.2.1" : "2001:db8::1";
}
std::string listener(bool v4) {
  return v4 ? "203.0.113.10" : "2001:db8:1::10";
}

SnapshotBuilder web(const Case& one) {
  SnapshotBuilder b;
  b.client_address(one.header);
  b.cluster("web", {{one.v4 ? "10.0.2.1" : "fd00::2:1", 8080}});
  b.listener(listener(one.v4), 80, Protocol::tcp, one.forward, "web");
  b.source_addresses(one.v4 ? "10.0.0.240/29" : "fd00::f0/125");
  return b.new_flows_per_s_max(100);
}

test::FrameBuilder frame(const std::string& from, const std::string& to) {
  if (from.find(':') == std::string::npos) return ethernet().ipv4(from, to);
  return ethernet().ipv6(from, to);
}

void put_word(Options& options, uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) options.push_back(static_cast<uint8_t>(value >> shift));
}
Options timestamps(uint32_t timestamp, uint32_t echo) {
  Options options = {1, 1, 8, 10};
  put_word(options, timestamp);
  put_word(options, echo);
  return options;
}
Options syn_options(uint32_t timestamp, uint32_t echo, uint8_t scale) {
  Options options = {2, 4, 0x05, 0x78, 4, 2, 8, 10};  // MSS 1400
  put_word(options, timestamp);
  put_word(options, echo);
  options.insert(options.end(), {1, 3, 3, scale});
  return options;
}
Options and_blocks(Options options, uint32_t left, uint32_t right) {
  options.insert(options.end(), {1, 1, 5, 10});
  put_word(options, left);
  put_word(options, right);
  return options;
}
uint32_t word_at(const Options& options, std::size_t at) {
  return uint32_t{options[at]} << 24 | uint32_t{options[at + 1]} << 16 |
         uint32_t{options[at + 2]} << 8 | options[at + 3];
}

// One client of a gateway under attack.
class Attacked {
 public:
  explicit Attacked(const Case& one, FlowsMax flows_max = {1024, 1024, 1024, 1024})
      : path(web(one), flows_max), one_(one) {
    attack(40);
  }

  void attack(uint16_t syns) {
    for (uint16_t port = 1; port <= syns; ++port) {
      path.send(frame(one_.v4 ? "192.0.2.66" : "2001:db8::66", listener(one_.v4))
                    .tcp(port, 80, tcp_flag::syn));
    }
    EXPECT_TRUE(path.l4->flows().attack.under_attack());
  }

  test::FrameBuilder from_client(uint32_t sequence, uint32_t acknowledgment, uint8_t flags) {
    return frame(client(one_.v4), listener(one_.v4))
        .tcp(1234, 80, flags)
        .window(client_window)
        .sequence(sequence)
        .acknowledgment(acknowledgment);
  }
  test::FrameBuilder from_endpoint(uint32_t sequence, uint32_t acknowledgment, uint8_t flags) {
    return frame(one_.v4 ? "10.0.2.1" : "fd00::2:1", peer_.source)
        .tcp(8080, static_cast<uint16_t>(peer_.source_port), flags)
        .sequence(sequence)
        .acknowledgment(acknowledgment);
  }
  PathOutput send(const test::FrameBuilder& frame) {
    PathOutput out = path.send(frame);
    EXPECT_TRUE(out.forwarded()) << name(out.drop);
    EXPECT_TRUE(out.frame.sound()) << out.frame;
    return out;
  }

  // The SYN and its answer.
  Decoded ask(const Options& options = syn_options(2000, 0, 9)) {
    const auto out = path.send(from_client(isn, 0, tcp_flag::syn).tcp_options(options));
    EXPECT_EQ(name(out.drop), name(Drop::syn_cookie));
    EXPECT_TRUE(out.transmitted());
    EXPECT_TRUE(out.frame.sound()) << out.frame;
    cookie = out.frame.sequence;
    if (out.frame.tcp_options.size() == 20) promised = word_at(out.frame.tcp_options, 8);
    return out.frame;
  }
  // The client's ACK and the SYN that it becomes.
  Decoded prove() {
    const auto out = send(client_ack());
    peer_ = out.frame;
    return out.frame;
  }
  test::FrameBuilder client_ack() {
    return from_client(isn + 1, cookie + 1, tcp_flag::ack)
        .tcp_options(promised == 0 ? Options{} : timestamps(2001, promised));
  }
  // The endpoint's answer and the ACK that it becomes.
  PathOutput open(const Options& options = syn_options(7000, 2001, 5)) {
    return send(from_endpoint(endpoint_isn, isn + 1, syn_ack).tcp_options(options));
  }
  void establish() {
    ask();
    prove();
    open();
  }

  Path path;
  uint32_t cookie = 0;
  uint32_t promised = 0;  // timestamp

 private:
  const Case one_;
  Decoded peer_;  // who the endpoint takes the client for
};

class Cookie : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(EveryModeAndFamily, Cookie,
                         testing::Values(Case{Forward::nat, true}, Case{Forward::nat, false},
                                         Case{Forward::fullnat, true},
                                         Case{Forward::fullnat, false}));

TEST_P(Cookie, AnswersTheSynAndRemembersNothing) {
  Attacked attacked(GetParam());
  const auto before = attacked.path.l4->flows().nat4.counts().inserted +
                      attacked.path.l4->flows().nat6.counts().inserted;
  const Decoded answer = attacked.ask();
  EXPECT_EQ(answer.source, listener(GetParam().v4));
  EXPECT_EQ(answer.destination_port, 1234);
  EXPECT_EQ(answer.flags, syn_ack);
  EXPECT_EQ(answer.acknowledgment, isn + 1);
  const int mss_bytes = GetParam().v4 ? 1460 : 1440;
  EXPECT_EQ(answer.window, mss_bytes);
  Options expected = {
      2, 4, static_cast<uint8_t>(mss_bytes >> 8), static_cast<uint8_t>(mss_bytes), 4, 2, 8, 10};
  put_word(expected, attacked.promised);
  put_word(expected, 2000);
  expected.insert(expected.end(), {1, 3, 3, 7});
  EXPECT_EQ(answer.tcp_options, expected);
  EXPECT_EQ(attacked.path.l4->flows().nat4.counts().inserted +
                attacked.path.l4->flows().nat6.counts().inserted,
            before);
  EXPECT_EQ(attacked.path.l4->flows().streams.size(), 0u);
}

TEST_P(Cookie, ComesBackAsTheClientsSyn) {
  Attacked attacked(GetParam());
  attacked.ask();
  const Decoded syn = attacked.prove();
  EXPECT_EQ(syn.flags, tcp_flag::syn);
  EXPECT_EQ(syn.sequence, isn);
  EXPECT_EQ(syn.destination_port, 8080);
  EXPECT_EQ(syn.window, client_window);
  EXPECT_EQ(syn.tcp_options, syn_options(2001, 0, 9)) << "as offered, with the ACK's timestamp";
  EXPECT_EQ(attacked.path.l4->flows().streams.size(), 1u);
  attacked.path.advance(milliseconds(5));
  EXPECT_EQ(attacked.path.counters.attack.flows_by_cookie.read(), 1u);
  EXPECT_GT(attacked.path.counters.attack.cookies.read(), 0u);
}

// The endpoint sends its answer again; the client's connection would be lost.
TEST_P(Cookie, NothingIsLearnedFromADamagedSegment) {
  Attacked attacked(GetParam());
  attacked.ask();
  attacked.prove();
  const auto answer = attacked.from_endpoint(endpoint_isn + 7, isn + 1, syn_ack)
                          .tcp_options(syn_options(7000, 2001, 5))
                          .l4_checksum(1);
  EXPECT_EQ(name(attacked.path.send(answer).drop), name(Drop::l4_checksum_wrong));
  const auto reset = attacked.from_client(isn + 1, 0, tcp_flag::rst).l4_checksum(1);
  EXPECT_EQ(name(attacked.path.send(reset).drop), name(Drop::l4_checksum_wrong));
  const auto ack = attacked.open();
  EXPECT_EQ(ack.frame.flags, tcp_flag::ack);
  EXPECT_EQ(ack.frame.acknowledgment, endpoint_isn + 1);
}

TEST_P(Cookie, TheEndpointsAnswerBecomesTheClientsAck) {
  Attacked attacked(GetParam());
  attacked.ask();
  const Decoded syn = attacked.prove();
  const Decoded ack = attacked.open().frame;
  EXPECT_EQ(ack.source, syn.source);
  EXPECT_EQ(ack.source_port, syn.source_port);
  EXPECT_EQ(ack.destination, syn.destination);
  EXPECT_EQ(ack.flags, tcp_flag::ack);
  EXPECT_EQ(ack.sequence, isn + 1);
  EXPECT_EQ(ack.acknowledgment, endpoint_isn + 1);
  EXPECT_EQ(ack.tcp_options, timestamps(2001, 7000));
  EXPECT_TRUE(ack.payload.empty());
}

TEST_P(Cookie, ARehearsalKnowsOfTheHandshake) {
  Attacked attacked(GetParam());
  attacked.ask();
  attacked.prove();
  const auto answer = attacked.from_endpoint(endpoint_isn, isn + 1, syn_ack)
                          .tcp_options(syn_options(7000, 2001, 5));
  const auto foretold = attacked.path.rehearse(answer.build());
  EXPECT_EQ(foretold.frame.flags, tcp_flag::ack);
  EXPECT_EQ(foretold.bytes, attacked.send(answer).bytes);
}

TEST_P(Cookie, NumbersBlocksTimestampsAndWindowsAreTranslated) {
  Attacked attacked(GetParam());
  attacked.establish();
  const uint32_t cookie = attacked.cookie, promised = attacked.promised;
  const Decoded data = attacked
                           .send(attacked.from_client(isn + 1, cookie + 101, tcp_flag::ack)
                                     .tcp_options(and_blocks(timestamps(2100, promised + 30),
                                                             cookie + 201, cookie + 301))
                                     .payload("hello"))
                           .frame;
  EXPECT_EQ(data.sequence, isn + 1);
  EXPECT_EQ(data.acknowledgment, endpoint_isn + 101);
  EXPECT_EQ(data.tcp_options,
            and_blocks(timestamps(2100, 7030), endpoint_isn + 201, endpoint_isn + 301));
  EXPECT_EQ(data.window, client_window);
  const Decoded reply =
      attacked
          .send(attacked.from_endpoint(endpoint_isn + 101, isn + 6, tcp_flag::ack)
                    .tcp_options(and_blocks(timestamps(7060, 2100), isn + 20, isn + 30))
                    .window(4000)
                    .payload("world"))
          .frame;
  EXPECT_EQ(reply.sequence, cookie + 101);
  EXPECT_EQ(reply.acknowledgment, isn + 6);
  EXPECT_EQ(reply.tcp_options, and_blocks(timestamps(promised + 60, 2100), isn + 20, isn + 30));
  EXPECT_EQ(reply.window, 1000) << "scaled by 5, and the client takes it for 7";
  EXPECT_EQ(reply.payload, test::to_bytes("world"));
}

TEST_P(Cookie, AConnectionThatFollowsHasTheWindowsThatItAgreedOn) {
  Attacked attacked(GetParam());
  attacked.establish();
  constexpr uint32_t next_isn = isn + 50'000, next_endpoint_isn = 9'000'000;
  attacked.send(attacked.from_client(next_isn, 0, tcp_flag::syn));
  const Decoded answer =
      attacked.send(attacked.from_endpoint(next_endpoint_isn, next_isn + 1, syn_ack)).frame;
  EXPECT_EQ(answer.acknowledgment, next_isn + 1);
  const uint32_t first = answer.sequence + 1;
  EXPECT_EQ(
      attacked.send(attacked.from_client(next_isn + 1, first, tcp_flag::ack)).frame.acknowledgment,
      next_endpoint_isn + 1);
  const Decoded reply =
      attacked
          .send(attacked.from_endpoint(next_endpoint_isn + 1, next_isn + 1, tcp_flag::ack)
                    .window(4000))
          .frame;
  EXPECT_EQ(reply.sequence, first);
  EXPECT_EQ(reply.window, 4000);
}

TEST_P(Cookie, DataBeforeTheEndpointsAnswerIsHeldOnce) {
  Attacked attacked(GetParam());
  attacked.ask();
  attacked.prove();
  const auto data = attacked.from_client(isn + 1, attacked.cookie + 1, tcp_flag::ack)
                        .tcp_options(timestamps(2002, attacked.promised))
                        .payload("hello");
  EXPECT_EQ(attacked.path.send(data).verdict, Verdict::hold);
  EXPECT_EQ(attacked.path.l4->packets_held(), 1u);
  EXPECT_TRUE(attacked.path.release().empty());
  EXPECT_EQ(attacked.send(data).frame.flags, tcp_flag::syn) << "asks again";
  attacked.open();
  const auto released = attacked.path.release();
  ASSERT_EQ(released.size(), 1u);
  EXPECT_TRUE(released[0].forwarded());
  EXPECT_EQ(released[0].frame.payload, test::to_bytes("hello"));
  EXPECT_EQ(released[0].frame.acknowledgment, endpoint_isn + 1);
}

TEST_P(Cookie, HeldDataAsksTheEndpointAgain) {
  Attacked attacked(GetParam());
  attacked.ask();
  attacked.prove();
  const auto data =
      attacked.from_client(isn + 1, attacked.cookie + 1, tcp_flag::ack | tcp_flag::fin);
  EXPECT_EQ(attacked.path.send(data).verdict, Verdict::hold);
  attacked.path.advance(HeldSegments::wait_max);
  const auto released = attacked.path.release();
  ASSERT_EQ(released.size(), 1u);
  EXPECT_EQ(released[0].frame.flags, tcp_flag::syn);
  EXPECT_EQ(released[0].frame.sequence, isn);
  EXPECT_EQ(attacked.path.l4->packets_held(), 0u);
}

TEST_P(Cookie, ARefusalReachesTheClientWithTheNumberThatItWaitsFor) {
  Attacked attacked(GetParam());
  attacked.ask();
  attacked.prove();
  const Decoded reset =
      attacked.send(attacked.from_endpoint(0, isn + 1, tcp_flag::rst | tcp_flag::ack)).frame;
  EXPECT_EQ(reset.destination, client(GetParam().v4));
  EXPECT_EQ(reset.sequence, attacked.cookie + 1);
  EXPECT_EQ(reset.acknowledgment, isn + 1);
}

TEST_P(Cookie, AnEndpointWithoutTimestampsEndsBothSides) {
  Attacked attacked(GetParam());
  attacked.ask();
  attacked.prove();
  const Decoded to_endpoint = attacked.open({2, 4, 5, 0x78}).frame;
  EXPECT_EQ(to_endpoint.flags, tcp_flag::rst);
  EXPECT_EQ(to_endpoint.sequence, isn + 1);
  const Decoded reset =
      attacked.send(attacked.from_endpoint(endpoint_isn + 1, isn + 1, tcp_flag::rst)).frame;
  EXPECT_EQ(reset.sequence, attacked.cookie + 1);
  const auto next = attacked.path.send(attacked.client_ack());
  EXPECT_EQ(name(next.drop), name(Drop::handshake_failed));
  EXPECT_EQ(next.frame.flags, tcp_flag::rst);
  EXPECT_EQ(next.frame.sequence, attacked.cookie + 1);
}

TEST_P(Cookie, WithoutSackAtTheEndpointTheClientsBlocksBecomePadding) {
  Attacked attacked(GetParam());
  attacked.ask();
  attacked.prove();
  attacked.open(timestamps(7000, 2001));  // no window scale either
  const Decoded ack =
      attacked
          .send(attacked.from_client(isn + 1, attacked.cookie + 1, tcp_flag::ack)
                    .tcp_options(and_blocks(timestamps(2100, attacked.promised), 1, 2)))
          .frame;
  Options expected = timestamps(2100, 7000);
  expected.insert(expected.end(), 12, 1);
  EXPECT_EQ(ack.tcp_options, expected);
  EXPECT_EQ(ack.window, UINT16_MAX) << "500 << 9 is more than an unscaled window holds";
  const Decoded reply =
      attacked.send(attacked.from_endpoint(endpoint_isn + 1, isn + 1, tcp_flag::ack).window(40000))
          .frame;
  EXPECT_EQ(reply.window, 40000 >> 7);
}

TEST_P(Cookie, AClientWithoutTimestampsHasTheMssAlone) {
  Attacked attacked(GetParam());
  const Decoded answer = attacked.ask({2, 4, 5, 0x78, 1, 1, 4, 2, 1, 3, 3, 9});
  EXPECT_EQ(answer.tcp_options.size(), 4u);
  EXPECT_EQ(attacked.prove().tcp_options, (Options{2, 4, 5, 0x78}));
  EXPECT_TRUE(attacked.open({2, 4, 5, 0x78}).frame.tcp_options.empty());
  const Decoded reply =
      attacked.send(attacked.from_endpoint(endpoint_isn + 1, isn + 1, tcp_flag::ack).window(4000))
          .frame;
  EXPECT_EQ(reply.sequence, attacked.cookie + 1);
  EXPECT_EQ(reply.window, 4000);
}

TEST_P(Cookie, IsGoodForOneConnectionAndForAWhile) {
  Attacked attacked(GetParam());
  attacked.ask();
  const auto wrong = attacked.send(attacked.from_client(isn + 2, attacked.cookie + 1, tcp_flag::ack)
                                       .tcp_options(timestamps(2001, attacked.promised)));
  EXPECT_EQ(wrong.frame.flags, tcp_flag::ack) << "in mid-flow, as ever";
  EXPECT_EQ(attacked.path.l4->flows().streams.size(), 0u);
  Attacked late(GetParam());
  late.ask();
  late.path.advance(2 * SynCookies::period);
  EXPECT_EQ(late.send(late.client_ack()).frame.flags, tcp_flag::ack);
}

TEST_P(Cookie, TheEndpointsAnswerComesTwice) {
  Attacked attacked(GetParam());
  attacked.establish();
  const Decoded again = attacked.open().frame;
  EXPECT_EQ(again.destination, client(GetParam().v4)) << "the client acknowledges it";
  EXPECT_EQ(again.sequence, attacked.cookie);
  EXPECT_EQ(again.acknowledgment, isn + 1);
}

TEST_P(Cookie, AnAnswerToAnOlderConnectionIsReset) {
  Attacked attacked(GetParam());
  attacked.ask();
  attacked.prove();
  const Decoded reset = attacked.send(attacked.from_endpoint(77, 99, tcp_flag::ack)).frame;
  EXPECT_EQ(reset.flags, tcp_flag::rst);
  EXPECT_EQ(reset.sequence, 99u);
  EXPECT_EQ(attacked.open().frame.flags, tcp_flag::ack) << "the handshake goes on";
}

TEST_P(Cookie, AListenerThatIsGoneFinishesNoHandshake) {
  Attacked attacked(GetParam());
  attacked.ask();
  attacked.prove();
  SnapshotBuilder b;
  b.cluster("web", {{GetParam().v4 ? "10.0.2.1" : "fd00::2:1", 8080}});
  b.source_addresses(GetParam().v4 ? "10.0.0.240/29" : "fd00::f0/125");
  attacked.path.reconfigure(b);
  const auto answer = attacked.from_endpoint(endpoint_isn, isn + 1, syn_ack)
                          .tcp_options(syn_options(7000, 2001, 5));
  EXPECT_EQ(name(attacked.path.send(answer).drop), name(Drop::handshake_failed));
}

TEST_P(Cookie, AClientThatLeavesIsMissedByNobody) {
  Attacked attacked(GetParam());
  attacked.ask();
  attacked.prove();
  EXPECT_EQ(name(attacked.path.send(attacked.from_client(isn + 1, 0, tcp_flag::rst)).drop),
            name(Drop::handshake_failed));
  EXPECT_EQ(attacked.open().frame.flags, tcp_flag::rst);
  attacked.path.advance(seconds(1000));
  EXPECT_EQ(attacked.path.l4->flows().streams.size(), 0u);
  EXPECT_EQ(attacked.path.l4->flows().streams.unsettled(), 0u);
}

TEST_P(Cookie, NoFloodDrivesOutWhoBroughtOne) {
  Attacked attacked(GetParam(), {16, 16, 16, 16});
  attacked.establish();
  for (uint16_t port = 1; port <= 500; ++port) {
    attacked.path.send(frame(client(GetParam().v4), listener(GetParam().v4))
                           .tcp(port, 80, port % 2 == 0 ? tcp_flag::ack : tcp_flag::syn));
  }
  EXPECT_EQ(attacked.send(attacked.client_ack()).frame.acknowledgment, endpoint_isn + 1);
}

TEST_P(Cookie, WithoutRoomForAStreamFlowsBeginAsEver) {
  Attacked attacked(GetParam(), {1024, 1024, 1024, 1024, 1});
  attacked.establish();
  const auto syn = attacked.send(
      frame(client(GetParam().v4), listener(GetParam().v4)).tcp(9, 80, tcp_flag::syn));
  EXPECT_EQ(syn.frame.flags, tcp_flag::syn);
  EXPECT_EQ(attacked.path.counters.streams.refused.read(), 1u);
}

TEST(CookieAndHeader, TheAckOfTheEndpointsAnswerCarriesTheHeader) {
  Attacked attacked({Forward::fullnat, true, ClientAddress::proxy_v1});
  attacked.ask();
  attacked.prove();
  const std::string header = "PROXY TCP4 192.0.2.1 203.0.113.10 1234 80\r\n";
  const Decoded ack = attacked.open().frame;
  EXPECT_EQ(ack.sequence, isn + 1);
  EXPECT_EQ(ack.payload, test::to_bytes(header));
  const Decoded data = attacked
                           .send(attacked.from_client(isn + 1, attacked.cookie + 1, tcp_flag::ack)
                                     .tcp_options(timestamps(2002, attacked.promised))
                                     .payload("hello"))
                           .frame;
  EXPECT_EQ(data.payload, test::to_bytes(header + "hello"));
  const auto end = static_cast<uint32_t>(isn + 1 + header.size() + 5);
  const Decoded reply =
      attacked.send(attacked.from_endpoint(endpoint_isn + 1, end, tcp_flag::ack)).frame;
  EXPECT_EQ(reply.acknowledgment, isn + 6);
  EXPECT_EQ(reply.sequence, attacked.cookie + 1);
}

}  // namespace
}  // namespace weft
