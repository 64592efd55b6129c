// Tail loss probes: RFC 8985, 7.
#include <gtest/gtest.h>

#include "tests/tcp/transcript.h"

namespace weft {
namespace {

using test::Transcript;
using namespace tcp_flag;

Transcript with_round_trip(uint32_t ms = 100) {
  return Transcript::established({.rto_ms = 1000, .round_trip_ms = ms, .sack = true});
}

// The peer may wait with its acknowledgment of a single segment.
TEST(TcpTailProbe, OfASingleSegmentAfterTwoRoundTripsAndADelay) {
  auto tcp = with_round_trip();
  tcp.write("hello").expect({.seq = 1}).advance_ms(399).expect_silence();
  tcp.advance_ms(1).expect({.seq = 1, .payload = "hello"}).expect_silence();
}

TEST(TcpTailProbe, OfSeveralTheLastAfterTwoRoundTrips) {
  auto tcp = with_round_trip();
  tcp.write_bytes(2500).expect_bytes({1, 2501}, 1000);
  tcp.advance_ms(201).expect_silence();
  tcp.advance_ms(1).expect({.payload_bytes = 1000}).expect_silence();
}

TEST(TcpTailProbe, NewDataIfThereIsAny) {
  auto tcp = Transcript::established(
      {.rto_ms = 1000, .window_bytes = 20'000, .round_trip_ms = 100, .sack = true});
  tcp.write_bytes(15'000).expect_bytes({1, 10'001}, 1000);
  tcp.advance_ms(202).expect({.seq = 10'001, .payload_bytes = 1000}).expect_silence();
}

// One is sent; then the timeout has its turn, from the probe on.
TEST(TcpTailProbe, IsOne) {
  auto tcp = with_round_trip();
  tcp.write("hello").pass_over().advance_ms(400).expect({.seq = 1});
  tcp.advance_ms(999).expect_silence().advance_ms(1).expect({.seq = 1});
  EXPECT_EQ(tcp.connection().congestion().window_bytes(), 1000u);
}

TEST(TcpTailProbe, WithoutSackThereIsNone) {
  auto tcp = Transcript::established({.rto_ms = 1000, .round_trip_ms = 100});
  tcp.write("hello").pass_over().advance_ms(999).expect_silence().advance_ms(1).expect({.seq = 1});
}

// 7.4.2, case 3: it repaired a loss.
TEST(TcpTailProbe, ThatRepairedALossReducesTheWindow) {
  auto tcp = with_round_trip();
  tcp.write_bytes(2000).pass_over().advance_ms(202).expect({.seq = 1001});
  tcp.advance_ms(100).acknowledge(2001).expect_silence();
  EXPECT_EQ(tcp.connection().congestion().window_bytes(), 10'000u);  // not known yet
  tcp.write("x").pass_over().acknowledge(2002);
  EXPECT_EQ(tcp.connection().congestion().window_bytes(), 7000u);
}

// Case 2: both copies came.
TEST(TcpTailProbe, ThatWasSuperfluousDoesNot) {
  auto tcp = with_round_trip();
  tcp.write_bytes(2000).pass_over().advance_ms(202).expect({.seq = 1001});
  tcp.acknowledge(2001).receive({.ack = 2001, .sack = {{1001, 2001}}});
  tcp.write("x").pass_over().acknowledge(2002);
  EXPECT_GE(tcp.connection().congestion().window_bytes(), 10'000u);
}

// Case 4: a peer without duplicate reports.
TEST(TcpTailProbe, WithAPlainDuplicateDoesNot) {
  auto tcp = with_round_trip();
  tcp.write_bytes(2000).pass_over().advance_ms(202).expect({.seq = 1001});
  tcp.acknowledge(2001).acknowledge(2001);
  tcp.write("x").pass_over().acknowledge(2002);
  EXPECT_GE(tcp.connection().congestion().window_bytes(), 10'000u);
}

// Case 1.
TEST(TcpTailProbe, OfNewDataReducesNothing) {
  auto tcp = with_round_trip();
  tcp.write_bytes(15'000).pass_over().advance_ms(202).expect({.seq = 10'001});
  tcp.acknowledge(11'001).pass_over();
  EXPECT_GE(tcp.connection().congestion().window_bytes(), 10'000u);
}

// The tail was lost, and the probe's block says so.
TEST(TcpTailProbe, ShowsALossBeforeIt) {
  auto tcp = with_round_trip();
  tcp.write_bytes(5000).pass_over().advance_ms(202).expect({.seq = 4001});
  tcp.advance_ms(100).receive({.sack = {{4001, 5001}}});
  const auto sent = tcp.take_sent();
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(sent.front().seq, 1u);
}

}  // namespace
}  // namespace weft
