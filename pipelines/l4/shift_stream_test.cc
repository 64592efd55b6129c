// fullnat with a PROXY header, from end to end of the path: what either side sees of the other's
// numbers, and where the header stands.
#include "pipelines/l4/shift_stream.h"

#include <gtest/gtest.h>

#include "pipelines/l4/write_proxy_header.h"
#include "tests/path.h"

namespace weft {
namespace {

using test::Bytes;
using test::ethernet;
using test::Path;
using test::PathOutput;
using test::SnapshotBuilder;

constexpr uint32_t isn = 0xffffffc0;  // the header lies over the end of the numbers
constexpr uint32_t endpoint_isn = 70'000;

struct Case {
  const char* client;
  const char* listener;
  const char* endpoint;
  const char* sources;
  ClientAddress version;
};
constexpr Case cases[] = {
    {"192.0.2.1", "203.0.113.10", "10.0.2.1", "10.0.0.240/29", ClientAddress::proxy_v1},
    {"192.0.2.1", "203.0.113.10", "10.0.2.1", "10.0.0.240/29", ClientAddress::proxy_v2},
    {"2001:db8::1", "2001:db8:1::10", "fd00::2:1", "fd00::f0/125", ClientAddress::proxy_v1},
    {"2001:db8::1", "2001:db8:1::10", "fd00::2:1", "fd00::f0/125", ClientAddress::proxy_v2},
};

SnapshotBuilder configuration(const Case& one) {
  SnapshotBuilder b;
  b.client_address(one.version);
  b.cluster("web", {{one.endpoint, 8080}});
  b.listener(one.listener, 80, Protocol::tcp, Forward::fullnat, "web");
  b.source_addresses(one.sources);
  return b;
}

test::FrameBuilder frame(const std::string& from, const std::string& to) {
  if (from.find(':') == std::string::npos) return ethernet().ipv4(from, to);
  return ethernet().ipv6(from, to);
}

// One connection through one gateway.
class Talk {
 public:
  explicit Talk(const Case& one, FlowsMax flows_max = {1024, 1024, 1024, 1024})
      : path(configuration(one), flows_max), one_(one) {
    ProxyHeader bytes;
    const uint32_t count = write_proxy_header(
        bytes, one.version,
        {*IpAddress::parse(one.client), *IpAddress::parse(one.listener), be16(1234), be16(80)});
    header.assign(bytes.begin(), bytes.begin() + count);
  }

  test::FrameBuilder from_client(uint32_t sequence, uint32_t acknowledgment, uint8_t flags) {
    return frame(one_.client, one_.listener)
        .tcp(1234, 80, flags)
        .sequence(sequence)
        .acknowledgment(acknowledgment);
  }
  test::FrameBuilder from_endpoint(uint32_t sequence, uint32_t acknowledgment, uint8_t flags) {
    return frame(one_.endpoint, source_)
        .tcp(8080, source_port_, flags)
        .sequence(sequence)
        .acknowledgment(acknowledgment);
  }
  PathOutput send(const test::FrameBuilder& frame) {
    PathOutput out = path.send(frame);
    EXPECT_TRUE(out.forwarded()) << name(out.drop);
    EXPECT_TRUE(out.frame.sound()) << out.frame;
    return out;
  }

  // SYN and SYN-ACK.
  void open() {
    const PathOutput syn = send(from_client(isn, 0, tcp_flag::syn));
    EXPECT_EQ(syn.frame.sequence, isn);
    source_ = syn.frame.source;
    source_port_ = static_cast<uint16_t>(syn.frame.source_port);
    const PathOutput answer =
        send(from_endpoint(endpoint_isn, isn + 1, tcp_flag::syn | tcp_flag::ack).window(60'000));
    EXPECT_EQ(answer.frame.acknowledgment, isn + 1);
    EXPECT_EQ(answer.frame.window, 60'000 - static_cast<int>(header.size()));
  }
  // And the ACK, and its acknowledgement.
  void establish() {
    open();
    send(from_client(isn + 1, endpoint_isn + 1, tcp_flag::ack));
    send(from_endpoint(endpoint_isn + 1, isn + 1 + header_bytes(), tcp_flag::ack));
  }
  // It goes on as it is, behind the header.
  void expect_shifted(uint32_t sequence, const char* text) {
    const auto out = send(from_client(sequence, endpoint_isn + 1, tcp_flag::ack).payload(text));
    EXPECT_EQ(out.frame.sequence, sequence + header_bytes());
    EXPECT_EQ(out.frame.payload, test::to_bytes(text));
  }
  uint32_t header_bytes() const { return static_cast<uint32_t>(header.size()); }
  Bytes header_and(std::string_view text) const {
    Bytes bytes = header;
    for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
    return bytes;
  }

  Path path;
  Bytes header;

 private:
  const Case& one_;
  std::string source_;
  uint16_t source_port_ = 0;
};

class ProxyStream : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(EveryVersionAndFamily, ProxyStream, testing::ValuesIn(cases));

TEST_P(ProxyStream, TheFirstAckCarriesTheHeader) {
  Talk talk(GetParam());
  talk.open();
  const auto ack = talk.send(talk.from_client(isn + 1, endpoint_isn + 1, tcp_flag::ack));
  EXPECT_EQ(ack.frame.sequence, isn + 1);
  EXPECT_EQ(ack.frame.acknowledgment, endpoint_isn + 1);
  EXPECT_EQ(ack.frame.payload, talk.header);
}

TEST_P(ProxyStream, NumbersAreShiftedOnceTheHeaderHasArrived) {
  Talk talk(GetParam());
  talk.establish();
  uint32_t next = isn + 1;
  for (int i = 0; i < 3; ++i, next += 5) {
    talk.expect_shifted(next, "hello");
    const auto ack = talk.send(
        talk.from_endpoint(endpoint_isn + 1, next + talk.header_bytes() + 5, tcp_flag::ack));
    EXPECT_EQ(ack.frame.acknowledgment, next + 5);
    EXPECT_EQ(ack.frame.sequence, endpoint_isn + 1);
  }
  const auto fin =
      talk.send(talk.from_client(next, endpoint_isn + 1, tcp_flag::fin | tcp_flag::ack));
  EXPECT_EQ(fin.frame.sequence, next + talk.header_bytes());
}

TEST_P(ProxyStream, TwoGigabytesLaterItIsStillShifted) {
  Talk talk(GetParam());
  talk.establish();
  const uint32_t far = isn + 0x9000'0000;
  EXPECT_EQ(talk.send(talk.from_client(far, endpoint_isn + 1, tcp_flag::ack)).frame.sequence,
            far + talk.header_bytes());
  EXPECT_EQ(
      talk.send(talk.from_endpoint(endpoint_isn + 1, far, tcp_flag::ack)).frame.acknowledgment,
      far - talk.header_bytes());
}

TEST_P(ProxyStream, DataThatComesBeforeItsAcknowledgementFollowsTheHeaderInOneSegment) {
  Talk talk(GetParam());
  talk.open();
  talk.send(talk.from_client(isn + 1, endpoint_isn + 1, tcp_flag::ack));
  for (int i = 0; i < 2; ++i) {
    const auto data = talk.send(talk.from_client(isn + 1, endpoint_isn + 1, tcp_flag::ack)
                                    .tcp_options({1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2})
                                    .payload("hello"));
    EXPECT_EQ(data.frame.sequence, isn + 1);
    EXPECT_EQ(data.frame.payload, talk.header_and("hello"));
    EXPECT_EQ(data.frame.tcp_options.size(), 12u);
  }
  // What follows is only shifted: the client sends the rest again if it must.
  talk.expect_shifted(isn + 6, "world");
}

TEST_P(ProxyStream, WhereBothDoNotFitTheyTakeTurns) {
  Talk talk(GetParam());
  talk.open();
  const bool v4 = std::string(GetParam().client).find(':') == std::string::npos;
  const std::size_t full = v4 ? 1460 : 1440;
  const auto full_segment = [&] {
    return talk.send(talk.from_client(isn + 1, endpoint_isn + 1, tcp_flag::ack | tcp_flag::psh)
                         .payload_bytes(full));
  };
  // The first ACK was lost: the header alone.
  const auto header = full_segment();
  EXPECT_EQ(header.frame.sequence, isn + 1);
  EXPECT_EQ(header.frame.payload, talk.header);
  EXPECT_EQ(header.frame.flags, tcp_flag::ack);
  const auto data = full_segment();
  EXPECT_EQ(data.frame.sequence, isn + 1 + talk.header_bytes());
  EXPECT_EQ(data.frame.payload.size(), full);
  EXPECT_EQ(full_segment().frame.payload, talk.header);
}

TEST_P(ProxyStream, AcknowledgingAPartOfTheHeaderAcknowledgesNothing) {
  Talk talk(GetParam());
  talk.open();
  talk.send(talk.from_client(isn + 1, endpoint_isn + 1, tcp_flag::ack));
  for (const uint32_t part : {0u, 1u, talk.header_bytes() - 1}) {
    const auto ack = talk.send(talk.from_endpoint(endpoint_isn + 1, isn + 1 + part, tcp_flag::ack)
                                   .tcp_options({1, 1, 5, 10, 0xff, 0xff, 0xff, 0xd0, 0, 0, 1, 0}));
    EXPECT_EQ(ack.frame.acknowledgment, isn + 1);
    EXPECT_EQ(ack.frame.tcp_options, std::vector<uint8_t>(12, 1)) << "blocks become padding";
  }
  // The header is still due.
  EXPECT_EQ(talk.send(talk.from_client(isn + 1, endpoint_isn + 1, tcp_flag::ack)).frame.payload,
            talk.header);
}

TEST_P(ProxyStream, ADamagedAcknowledgementIsNotBelieved) {
  Talk talk(GetParam());
  talk.open();
  talk.send(talk.from_client(isn + 1, endpoint_isn + 1, tcp_flag::ack));
  const uint32_t all = isn + 1 + talk.header_bytes();
  const auto damaged =
      talk.path.send(talk.from_endpoint(endpoint_isn + 1, all, tcp_flag::ack).l4_checksum(0x1234));
  EXPECT_TRUE(damaged.forwarded());
  EXPECT_FALSE(damaged.frame.sound()) << "it stays damaged";
  EXPECT_EQ(talk.send(talk.from_client(isn + 1, endpoint_isn + 1, tcp_flag::ack)).frame.payload,
            talk.header)
      << "the header is still due";
}

TEST_P(ProxyStream, ADamagedSynDoesNotMoveThePlaceOfTheHeader) {
  Talk talk(GetParam());
  talk.open();
  talk.path.send(talk.from_client(isn + 0x40, 0, tcp_flag::syn).l4_checksum(0x1234));
  EXPECT_EQ(talk.send(talk.from_client(isn + 1, endpoint_isn + 1, tcp_flag::ack)).frame.payload,
            talk.header);
}

TEST_P(ProxyStream, BlocksOfTheEndpointAreShifted) {
  Talk talk(GetParam());
  talk.establish();
  const auto ack =
      talk.send(talk.from_endpoint(endpoint_isn + 1, isn + 1 + talk.header_bytes(), tcp_flag::ack)
                    .tcp_options({1, 1, 5, 10, 0, 0, 2, 0, 0, 0, 3, 0}));
  const uint32_t shift = talk.header_bytes();
  const std::vector<uint8_t> shifted = {1,
                                        1,
                                        5,
                                        10,
                                        0,
                                        0,
                                        static_cast<uint8_t>((0x200 - shift) >> 8),
                                        static_cast<uint8_t>(0x200 - shift),
                                        0,
                                        0,
                                        static_cast<uint8_t>((0x300 - shift) >> 8),
                                        static_cast<uint8_t>(0x300 - shift)};
  EXPECT_EQ(ack.frame.tcp_options, shifted);
}

TEST_P(ProxyStream, DataAndFastOpenOfASynAreTakenOff) {
  Talk talk(GetParam());
  const auto syn = talk.send(talk.from_client(isn, 0, tcp_flag::syn)
                                 .tcp_options({2, 4, 5, 0xb4, 34, 4, 9, 9})
                                 .payload("early"));
  EXPECT_EQ(syn.frame.sequence, isn);
  EXPECT_TRUE(syn.frame.payload.empty());
  EXPECT_EQ(syn.frame.tcp_options, (std::vector<uint8_t>{2, 4, 5, 0xb4, 1, 1, 1, 1}));
}

TEST_P(ProxyStream, AKeepAliveAndAFinOfAClientThatSaysNothingCarryTheHeaderToo) {
  Talk talk(GetParam());
  talk.open();
  const auto probe = talk.send(talk.from_client(isn, endpoint_isn + 1, tcp_flag::ack).payload("x"));
  EXPECT_EQ(probe.frame.sequence, isn + 1);
  EXPECT_EQ(probe.frame.payload, talk.header);
  const auto fin =
      talk.send(talk.from_client(isn + 1, endpoint_isn + 1, tcp_flag::ack | tcp_flag::fin));
  EXPECT_EQ(fin.frame.payload, talk.header);
  EXPECT_EQ(fin.frame.flags, tcp_flag::ack | tcp_flag::fin);
}

// What the client gets of an error about what was sent to the endpoint.
test::Decoded quoted_to_client(Talk& talk, const PathOutput& sent) {
  const bool v4 = sent.frame.version == 4;
  Bytes quote(sent.bytes.begin() + static_cast<long>(sent.frame.ip_offset), sent.bytes.end());
  const auto error = talk.send(frame(v4 ? "10.0.0.7" : "fd00::7", sent.frame.source)
                                   .icmp(v4 ? 3 : 2, v4 ? 4 : 0, 1400)
                                   .payload(quote));
  return test::decode_ip(error.frame.payload, true);
}

TEST_P(ProxyStream, AnErrorQuotesWhatTheClientSent) {
  Talk talk(GetParam());
  talk.establish();
  const auto quoted = quoted_to_client(
      talk,
      talk.send(talk.from_client(isn + 9, endpoint_isn + 1, tcp_flag::ack).payload_bytes(100)));
  EXPECT_EQ(quoted.sequence, isn + 9);
  EXPECT_EQ(quoted.source, GetParam().client);
}

// Else its sender takes the error for one about a connection of before.
TEST_P(ProxyStream, AnErrorAboutTheBeginningQuotesNumbersThatTheClientHasSent) {
  Talk talk(GetParam());
  const auto syn = talk.send(talk.from_client(isn, 0, tcp_flag::syn));
  EXPECT_EQ(quoted_to_client(talk, syn).sequence, isn);
  const auto first =
      talk.send(talk.from_client(isn + 1, endpoint_isn + 1, tcp_flag::ack).payload_bytes(100));
  EXPECT_EQ(quoted_to_client(talk, first).sequence, isn + 1);
  const auto next =
      talk.send(talk.from_client(isn + 101, endpoint_isn + 1, tcp_flag::ack).payload_bytes(100));
  EXPECT_EQ(quoted_to_client(talk, next).sequence, isn + 101);
}

// The client, who hears of the smaller link, leaves no room for a header that it does not know.
TEST_P(ProxyStream, WhereARouterDoesNotTakeBothTheHeaderGoesAlone) {
  Talk talk(GetParam());
  talk.open();
  const auto data = [&] {
    return talk.send(talk.from_client(isn + 1, endpoint_isn + 1, tcp_flag::ack | tcp_flag::psh)
                         .payload_bytes(1300));
  };
  // The first ACK was lost.
  const auto both = data();
  EXPECT_EQ(both.frame.payload.size(), talk.header_bytes() + 1300);
  quoted_to_client(talk, both);
  const auto header = data();
  EXPECT_EQ(header.frame.payload, talk.header);
  EXPECT_EQ(header.frame.flags, tcp_flag::ack);
  const auto rest = data();
  EXPECT_EQ(rest.frame.sequence, isn + 1 + talk.header_bytes());
  EXPECT_EQ(rest.frame.payload.size(), 1300u);
  EXPECT_EQ(data().frame.payload, talk.header);
  const auto ack = talk.send(talk.from_client(isn + 1, endpoint_isn + 1, tcp_flag::ack));
  EXPECT_EQ(ack.frame.payload, talk.header) << "what has no data is small enough";
}

TEST_P(ProxyStream, EndsWithItsFlow) {
  Talk talk(GetParam());
  talk.establish();
  EXPECT_EQ(talk.path.l4->flows().streams.size(), 1u);
  talk.send(talk.from_client(isn + 1, endpoint_isn + 1, tcp_flag::rst | tcp_flag::ack));
  talk.path.advance(seconds(1000));
  EXPECT_EQ(talk.path.l4->flows().streams.size(), 0u);
  EXPECT_EQ(talk.path.counters.streams.entries.read(), 0u);
}

TEST_P(ProxyStream, AFlowInMidStreamIsShiftedWithoutAnotherHeader) {
  Talk talk(GetParam());
  talk.expect_shifted(isn + 900, "hello");
}

TEST_P(ProxyStream, AConnectionThatBeginsWhereOneWasOpenHasItsHeaderToo) {
  Talk talk(GetParam());
  talk.send(talk.from_client(isn - 900, 0, tcp_flag::ack).payload("from before"));
  talk.open();
  for (int i = 0; i < 2; ++i) {
    const auto ack = talk.send(talk.from_client(isn + 1, endpoint_isn + 1, tcp_flag::ack));
    EXPECT_EQ(ack.frame.sequence, isn + 1);
    EXPECT_EQ(ack.frame.payload, talk.header);
  }
  talk.send(talk.from_endpoint(endpoint_isn + 1, isn + 1 + talk.header_bytes(), tcp_flag::ack));
  EXPECT_EQ(talk.send(talk.from_client(isn + 1, endpoint_isn + 1, tcp_flag::ack)).frame.payload,
            Bytes{});
}

TEST_P(ProxyStream, ASynThatTheEndpointDoesNotAcceptChangesNothing) {
  Talk talk(GetParam());
  talk.establish();
  talk.send(talk.from_client(isn + 0x40, 0, tcp_flag::syn));
  talk.send(talk.from_endpoint(endpoint_isn + 1, isn + 1 + talk.header_bytes(), tcp_flag::ack));
  talk.path.send(talk.from_endpoint(endpoint_isn, isn + 1, tcp_flag::syn | tcp_flag::ack));
  talk.expect_shifted(isn + 1, "hello");
}

TEST_P(ProxyStream, AHandshakeThatArrivesTwiceBeginsNothing) {
  Talk talk(GetParam());
  talk.establish();
  talk.send(talk.from_client(isn, 0, tcp_flag::syn));
  talk.send(talk.from_endpoint(endpoint_isn, isn + 1, tcp_flag::syn | tcp_flag::ack));
  EXPECT_EQ(talk.send(talk.from_client(isn + 1, endpoint_isn + 1, tcp_flag::ack)).frame.payload,
            Bytes{});
}

TEST(ProxyStreams, WithoutRoomForOneMoreAConnectionIsDroppedByName) {
  Path path(configuration(cases[0]), {1024, 1024, 1024, 1024, 2});
  for (uint16_t port = 1; port <= 3; ++port) {
    const auto out = path.send(
        frame(cases[0].client, cases[0].listener).tcp(port, 80, tcp_flag::syn).sequence(isn));
    EXPECT_EQ(name(out.drop), name(port <= 2 ? Drop::none : Drop::streams_full));
  }
  EXPECT_EQ(path.counters.streams.refused.read(), 1u);
  EXPECT_EQ(path.counters.endpoints[0].flows_active.read(), 2u);
}

// Half-open flows make room for one another, also in one burst.
TEST(ProxyStreams, APacketWhoseStreamIsGoneIsNotSentWithWrongNumbers) {
  Path path(configuration(cases[0]), {4, 4, 4, 4});
  const auto syn = [](uint16_t port) {
    return frame(cases[0].client, cases[0].listener).tcp(port, 80, tcp_flag::syn).build();
  };
  uint32_t lost = 0;
  for (uint16_t port = 1; port < 500; port += 8) {
    std::vector<Bytes> burst;
    for (uint16_t n = 0; n < 8; ++n) burst.push_back(syn(port + n));
    for (const auto& out : path.send_burst(burst)) {
      lost += out.drop == Drop::stream_lost;
      EXPECT_TRUE(!out.forwarded() || out.frame.sound()) << out.frame;
    }
  }
  EXPECT_GT(lost, 0u);
  EXPECT_LE(path.l4->flows().streams.size(), 4u);
}

}  // namespace
}  // namespace weft
