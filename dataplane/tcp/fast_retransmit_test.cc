// Losses that acknowledgments tell of: RFC 5681, 3.2; RFC 6582 without SACK; RFC 6675 with it.
#include <gtest/gtest.h>

#include "tests/tcp/transcript.h"

namespace weft {
namespace {

using test::Transcript;
using namespace tcp_flag;

// Ten segments are out since the start, and a round trip has passed.
Transcript ten_out(bool sack) {
  auto tcp = Transcript::established({.rto_ms = 1000, .round_trip_ms = 100, .sack = sack});
  tcp.write_bytes(30'000).expect_bytes({1, 10'001}, 1000).expect_silence().advance_ms(100);
  return tcp;
}

// ---- without SACK

// RFC 5681, 3.2: the third duplicate. RFC 3042: the first two let new data go.
TEST(TcpFastRetransmit, TheThirdDuplicateSaysThatTheFirstIsLost) {
  auto tcp = ten_out(false);
  tcp.acknowledge(1).expect_bytes({10'001, 11'001}, 1000).expect_silence();
  tcp.acknowledge(1).expect_bytes({11'001, 12'001}, 1000).expect_silence();
  tcp.acknowledge(1).expect({.seq = 1, .payload_bytes = 1000}).expect_silence();
  EXPECT_EQ(tcp.connection().congestion().slow_start_threshold_bytes(), 7000u);
}

// The timeout counts from the retransmission on.
TEST(TcpFastRetransmit, ALostRetransmissionWaitsForItsOwnTimeout) {
  auto tcp = ten_out(false);
  for (uint32_t i = 0; i < 3; ++i) tcp.acknowledge(1).pass_over();
  tcp.advance_ms(999).expect_silence().advance_ms(1).expect({.seq = 1, .payload_bytes = 1000});
}

// RFC 5681, 2: what changes the window or brings data is no duplicate.
TEST(TcpFastRetransmit, OnlyPlainAcknowledgmentsAreDuplicates) {
  auto tcp = ten_out(false);
  for (uint32_t i = 1; i <= 6; ++i) tcp.receive({.window_bytes = 50'000 + i});
  tcp.expect_silence();
  for (uint32_t i = 0; i < 6; ++i) tcp.receive({.payload = "x"}).expect({.ack = 2 + i});
  EXPECT_EQ(tcp.connection().retransmissions(), 0u);
}

// RFC 6582, 3.2: an acknowledgment of a part says that what follows is lost too.
TEST(TcpFastRetransmit, APartialAcknowledgmentSendsTheNextOneAgain) {
  auto tcp = ten_out(false);
  for (uint32_t i = 0; i < 3; ++i) tcp.acknowledge(1).pass_over();
  tcp.acknowledge(4001).expect({.seq = 4001, .payload_bytes = 1000}).pass_over();
  tcp.acknowledge(12'001).pass_over();
  EXPECT_EQ(tcp.connection().retransmissions(), 2u);
  EXPECT_EQ(tcp.connection().congestion().window_bytes(), 7000u);
}

// RFC 6582, 3.2, step 1: duplicates after a timeout are of what it sent again.
TEST(TcpFastRetransmit, DuplicatesAfterATimeoutReduceNothing) {
  auto tcp = ten_out(false);
  tcp.advance_ms(900).expect({.seq = 1});
  for (uint32_t i = 0; i < 5; ++i) tcp.acknowledge(1).pass_over();
  EXPECT_EQ(tcp.connection().congestion().window_bytes(), 1000u);
}

// ---- with SACK

TEST(TcpFastRetransmit, ThreeSegmentsBehindSayThatTheFirstIsLost) {
  auto tcp = ten_out(true);
  tcp.receive({.sack = {{1001, 2001}}}).expect_bytes({10'001, 11'001}, 1000).expect_silence();
  tcp.receive({.sack = {{1001, 3001}}}).expect_bytes({11'001, 12'001}, 1000).expect_silence();
  tcp.receive({.sack = {{1001, 4001}}}).expect({.seq = 1, .payload_bytes = 1000});
  EXPECT_EQ(tcp.connection().congestion().slow_start_threshold_bytes(), 7000u);
}

// What is between blocks is sent again, and nothing else.
TEST(TcpFastRetransmit, EachHoleIsFilled) {
  auto tcp = ten_out(true);
  tcp.receive({.sack = {{9001, 10'001}, {5001, 7001}, {1001, 3001}}});
  std::vector<uint32_t> again;
  for (uint32_t i = 0; i < 10; ++i) {
    for (const test::SentSegment& sent : tcp.take_sent()) {
      if (sent.seq < 10'001) again.push_back(sent.seq);
    }
    tcp.receive({.sack = {{9001, 10'001 + 1000 * i}, {5001, 7001}, {1001, 3001}}});
  }
  EXPECT_EQ(again, (std::vector<uint32_t>{1, 3001, 4001, 7001, 8001}));
}

// RFC 6937: over a recovery as much is sent as the new window, in proportion to what arrives.
TEST(TcpFastRetransmit, RecoverySendsAsMuchAsArrives) {
  auto tcp = ten_out(true);
  uint32_t sent = 0;
  for (uint32_t i = 2; i <= 10; ++i) {
    tcp.receive({.sack = {{1001, i * 1000 + 1}}});
    sent += static_cast<uint32_t>(tcp.take_sent().size());
  }
  EXPECT_GE(sent, 6u);
  EXPECT_LE(sent, 8u);
  tcp.acknowledge(tcp.connection().send_next() - tcp.connection().send_unacknowledged() + 1);
  EXPECT_EQ(tcp.connection().congestion().window_bytes(), 7000u);
}

// A connection's own range is what a block may be of.
TEST(TcpFastRetransmit, BlocksOfWhatWasNeverSentAreNothing) {
  auto tcp = ten_out(true);
  tcp.receive({.sack = {{20'001, 90'001}, {0, 50'000}}}).expect_silence();
  EXPECT_EQ(tcp.connection().scoreboard().sacked(), 0u);
}

}  // namespace
}  // namespace weft
