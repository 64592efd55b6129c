// The retransmission timeout: RFC 6298, and RFC 5681, 3.1.
#include <gtest/gtest.h>

#include "tests/tcp/transcript.h"

namespace weft {
namespace {

using test::Transcript;
using namespace tcp_flag;

TEST(TcpTimeout, LostDataIsSentAgain) {
  auto tcp = Transcript::established({.mss_bytes = 1000, .rto_ms = 200});
  tcp.write("hello").expect({.seq = 1, .payload = "hello"});
  tcp.advance_ms(199).expect_silence();
  tcp.advance_ms(1).expect({.seq = 1, .payload = "hello"});
}

// RFC 6298, 5.5, and 5.4: the earliest segment only.
TEST(TcpTimeout, BacksOffAndSendsTheFirstOnly) {
  auto tcp = Transcript::established({.mss_bytes = 500});
  tcp.write_bytes(1500).expect_bytes({1, 1501}, 500);
  for (const int64_t wait_ms : {200, 400, 800}) {
    tcp.advance_ms(wait_ms - 1).expect_silence();
    tcp.advance_ms(1).expect({.seq = 1, .payload_bytes = 500}).expect_silence();
  }
}

// RFC 6298, 5.3 and 5.2.
TEST(TcpTimeout, AnAcknowledgmentStartsItAnew) {
  auto tcp = Transcript::established({});
  tcp.write_bytes(2000).expect_bytes({1, 2001}, 1000);
  tcp.advance_ms(150).acknowledge(1001).advance_ms(199).expect_silence();
  tcp.advance_ms(200).expect({.seq = 1001});
  tcp.acknowledge(2001).advance_ms(10'000).expect_silence();
}

// RFC 6298, 5.1: new data does not.
TEST(TcpTimeout, NewDataDoesNotStartItAnew) {
  auto tcp = Transcript::established({});
  tcp.write("a").expect({.seq = 1}).advance_ms(150).write("b").expect({.seq = 2});
  tcp.advance_ms(50).expect({.seq = 1});
}

// RFC 6298, 3 (Karn): the second copy's acknowledgment may be the first one's.
TEST(TcpTimeout, WhatWasSentTwiceIsNoMeasure) {
  auto tcp = Transcript::established({.round_trip_ms = 50});
  tcp.write("a").expect({.seq = 1}).advance_ms(200).expect({.seq = 1});
  tcp.advance_ms(2000).pass_over().acknowledge(2);
  EXPECT_EQ(tcp.connection().round_trip().smoothed(), milliseconds(50));
}

// RFC 7323, 4: with timestamps it is one.
TEST(TcpTimeout, WithTimestampsItIsOne) {
  auto tcp = Transcript::established({.round_trip_ms = 50, .timestamps = true});
  tcp.write("a").expect({.seq = 1}).advance_ms(200).expect({.seq = 1, .timestamp = 250});
  tcp.advance_ms(50).receive({.ack = 2, .echo = 250});
  EXPECT_EQ(tcp.connection().round_trip().smoothed(), milliseconds(50));
}

// RFC 6298, 5.6: the backoff ends with new data acknowledged.
TEST(TcpTimeout, TheBackoffEnds) {
  auto tcp = Transcript::established({});
  tcp.write("a").pass_over().advance_ms(200).pass_over().advance_ms(400).pass_over();
  tcp.acknowledge(2).write("b").expect({.seq = 2});
  tcp.advance_ms(199).expect_silence().advance_ms(1).expect({.seq = 2});
}

// RFC 5681, 3.1: one segment, and slow start.
TEST(TcpTimeout, AfterItTheWindowIsOneSegmentAndGrows) {
  auto tcp = Transcript::established({});
  tcp.write_bytes(10'000).expect_bytes({1, 10'001}, 1000);
  tcp.advance_ms(200).expect({.seq = 1}).expect_silence();
  tcp.acknowledge(1001).expect_bytes({1001, 3001}, 1000).expect_silence();
  tcp.acknowledge(3001).expect_bytes({3001, 7001}, 1000).expect_silence();
  EXPECT_EQ(tcp.connection().congestion().slow_start_threshold_bytes(), 7000u);
}

// What came meanwhile need not be sent again.
TEST(TcpTimeout, WhatTheAcknowledgmentCoversIsNotSentAgain) {
  auto tcp = Transcript::established({});
  tcp.write_bytes(5000).expect_bytes({1, 5001}, 1000);
  tcp.advance_ms(200).expect({.seq = 1});
  tcp.acknowledge(5001).advance_ms(10'000).expect_silence();
}

// RFC 9293, 3.8.3 (MUST-20): in the end it is given up, with a reset.
TEST(TcpTimeout, IsGivenUp) {
  auto tcp = Transcript::established({});
  tcp.write("hello").pass_over().advance_ms(179'000).pass_over();
  tcp.expect_state(TcpState::established).advance_ms(121'000);
  const auto sent = tcp.take_sent();
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(sent.back().flags, rst | ack);
  tcp.expect_end(TcpEnd::timed_out);
}

// RFC 2018, 8: what is first in line and selectively acknowledged after a timeout is gone.
TEST(TcpTimeout, RenegedDataIsSentAgain) {
  auto tcp = Transcript::established({.sack = true});
  tcp.write_bytes(3000).expect_bytes({1, 3001}, 1000);
  tcp.receive({.ack = 1, .sack = {{1001, 3001}}});
  tcp.pass_over().acknowledge(1001);  // and not what was said to be there
  tcp.advance_ms(2000);
  const auto sent = tcp.take_sent();
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(sent.front().seq, 1001u);
  tcp.acknowledge(3001).expect_silence();
  EXPECT_TRUE(tcp.connection().all_acknowledged());
}

// The window of one segment counts bytes.
TEST(TcpTimeout, SmallSegmentsAreSentAgainTogether) {
  auto tcp = Transcript::established({});
  tcp.write("a").expect({.seq = 1}).advance_ms(1).write("b").expect({.seq = 2});
  tcp.advance_ms(199).expect({.seq = 1, .payload = "a"}).expect({.seq = 2, .payload = "b"});
}

}  // namespace
}  // namespace weft
