// Retransmissions that were a mistake: RFC 3522's test and RFC 4015's answer.
#include <gtest/gtest.h>

#include "tests/tcp/transcript.h"

namespace weft {
namespace {

using test::Transcript;
using namespace tcp_flag;

Transcript ten_out() {
  auto tcp = Transcript::established({.rto_ms = 300, .round_trip_ms = 100, .timestamps = true});
  tcp.write_bytes(9880).expect_bytes({1, 9881}, 988).expect_silence();
  return tcp;
}

// The peer answers what left before the retransmission: the path was only slow.
TEST(TcpUndo, OfATimeout) {
  auto tcp = ten_out();
  tcp.advance_ms(300).expect({.seq = 1, .timestamp = 400}).expect_silence();
  EXPECT_EQ(tcp.connection().congestion().window_bytes(), 1000u);
  tcp.advance_ms(10).receive({.ack = 989, .echo = 100}).expect_silence();
  EXPECT_GE(tcp.connection().congestion().window_bytes(), 10'000u);
  EXPECT_EQ(tcp.connection().scoreboard().lost(), 0u);
  tcp.receive({.ack = 9881, .echo = 100}).advance_ms(10'000).expect_silence();
  EXPECT_EQ(tcp.connection().retransmissions(), 1u);
}

TEST(TcpUndo, NotOfARealLoss) {
  auto tcp = ten_out();
  tcp.advance_ms(300).expect({.seq = 1, .timestamp = 400}).advance_ms(100);
  tcp.receive({.ack = 989, .echo = 400}).expect_bytes({989, 2965}, 988);
  EXPECT_EQ(tcp.connection().congestion().slow_start_threshold_bytes(), 7000u);
}

TEST(TcpUndo, OfAFastRetransmission) {
  auto tcp = ten_out();
  tcp.advance_ms(100);
  for (uint32_t i = 0; i < 3; ++i) tcp.receive({.ack = 1, .echo = 100});
  tcp.expect({.seq = 1, .timestamp = 200}).expect_silence();
  tcp.advance_ms(5).receive({.ack = 9881, .echo = 100});
  EXPECT_GE(tcp.connection().congestion().window_bytes(), 10'000u);
}

// Only the first acknowledgment that brings something new says it.
TEST(TcpUndo, ASecondAcknowledgmentIsTooLate) {
  auto tcp = ten_out();
  tcp.advance_ms(300).expect({.seq = 1, .timestamp = 400}).advance_ms(100);
  tcp.receive({.ack = 989, .echo = 400}).pass_over().receive({.ack = 1977, .echo = 100});
  tcp.pass_over();
  EXPECT_EQ(tcp.connection().congestion().slow_start_threshold_bytes(), 7000u);
}

}  // namespace
}  // namespace weft
