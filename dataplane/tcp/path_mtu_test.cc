// How large a segment may be: RFC 9293, 3.7.5; RFC 5927, 7; black holes as in RFC 4821.
#include <gtest/gtest.h>

#include "tests/tcp/transcript.h"

namespace weft {
namespace {

using test::Transcript;
using namespace tcp_flag;

Transcript four_out() {
  auto tcp = Transcript::established({.mss_bytes = 1460, .rto_ms = 1000});
  tcp.write_bytes(5840).expect_bytes({1, 5841}, 1460).expect_silence();
  return tcp;
}

// What was too large is sent again at once, smaller, and the window is as it was.
TEST(TcpPathMtu, WhatWasTooLargeIsSentAgainInSmallerPieces) {
  auto tcp = four_out();
  const uint32_t window = tcp.connection().congestion().window_bytes();
  tcp.path_carries(1, 1000).expect_bytes({1, 5841}, 1000).expect_silence();
  EXPECT_EQ(tcp.connection().congestion().window_bytes(), window);
  tcp.acknowledge(5841).write_bytes(2000).expect_bytes({5841, 7841}, 1000);
}

// The error of the first may be lost on its way, as they are limited.
TEST(TcpPathMtu, TheErrorMayQuoteAnyOfThem) {
  auto tcp = four_out();
  tcp.path_carries(1461, 1000).expect({.seq = 1461, .payload_bytes = 1000});
}

// RFC 5927, 4.1: who does not see the connection does not know what is out.
TEST(TcpPathMtu, OnlyAnErrorOfWhatIsOutIsBelieved) {
  auto tcp = four_out();
  tcp.path_carries(5841, 1000).path_carries(0, 1000).path_carries(90'000, 1000).expect_silence();
  EXPECT_EQ(tcp.connection().segment_bytes(), 1460u);
  tcp.acknowledge(5841).path_carries(1, 1000).expect_silence();
  EXPECT_EQ(tcp.connection().segment_bytes(), 1460u);
}

TEST(TcpPathMtu, ALargerOneIsNotBelievedAndATinyOneIsBounded) {
  auto tcp = four_out();
  tcp.path_carries(1, 1460).path_carries(1, 9000).expect_silence();
  tcp.path_carries(1, 40).pass_over();
  EXPECT_EQ(tcp.connection().segment_bytes(), 496u);
}

TEST(TcpPathMtu, BeforeAndAfterTheConnectionItIsNothing) {
  auto tcp = Transcript::connecting({});
  tcp.expect({.seq = 0}).path_carries(0, 600).expect_silence();
  EXPECT_EQ(tcp.connection().segment_bytes(), 536u);
}

// Where no error comes: after two timeouts segments become smaller.
TEST(TcpPathMtu, ABlackHoleIsSuspectedAfterTwoTimeouts) {
  auto tcp = four_out();
  tcp.advance_ms(1000).expect({.seq = 1, .payload_bytes = 1460});
  tcp.advance_ms(2000).expect({.seq = 1, .payload_bytes = 1220});
  tcp.advance_ms(4000).expect({.seq = 1, .payload_bytes = 1024});
  tcp.advance_ms(8000).expect({.seq = 1, .payload_bytes = 536});
  tcp.acknowledge(537);
  for (const test::SentSegment& sent : tcp.take_sent()) EXPECT_LE(sent.payload.size(), 536u);
}

TEST(TcpPathMtu, ThatSmallSegmentsAreLostSaysNothingOfLargeOnes) {
  auto tcp = Transcript::established({.mss_bytes = 1460, .rto_ms = 1000});
  tcp.write("hello").pass_over().advance_ms(20'000).pass_over();
  EXPECT_EQ(tcp.connection().segment_bytes(), 1460u);
}

// What a device cuts is cut at the segment's size.
TEST(TcpPathMtu, APayloadOfSeveralSegmentsSaysWhereItIsCut) {
  auto tcp = Transcript::established({.mss_bytes = 1000});
  tcp.set_payload_max_bytes(4500);
  tcp.write_bytes(6000).expect({.seq = 1, .payload_bytes = 4000});
  tcp.expect({.seq = 4001, .payload_bytes = 2000}).expect_silence();
  EXPECT_EQ(tcp.connection().scoreboard().count(), 1u);
}

}  // namespace
}  // namespace weft
