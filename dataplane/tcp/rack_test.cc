// Loss and reordering told apart by time: RFC 8985, 6.
#include <gtest/gtest.h>

#include "tests/tcp/transcript.h"

namespace weft {
namespace {

using test::Transcript;
using namespace tcp_flag;

// With a round trip of 100 ms, and so many segments out.
Transcript out(uint32_t segments, bool timestamps = false) {
  auto tcp = Transcript::established(
      {.rto_ms = 1000, .round_trip_ms = 100, .timestamps = timestamps, .sack = true});
  const uint32_t each = timestamps ? 988 : 1000;
  tcp.write_bytes(segments * each).expect_bytes({1, segments * each + 1}, each).advance_ms(100);
  return tcp;
}

// A connection on whose path segments were seen to overtake each other. Numbers up to 5001 are
// acknowledged.
Transcript with_reordering() {
  auto tcp = out(5);
  tcp.receive({.sack = {{1001, 2001}}}).acknowledge(5001).expect_silence();
  return tcp;
}

// Two of ten overtook the first: it is given a quarter of the shortest round trip.
TEST(TcpRack, OvertakenDataHasAQuarterOfARoundTrip) {
  auto tcp = out(3);
  tcp.receive({.sack = {{1001, 2001}}}).advance_ms(24).expect_silence();
  tcp.advance_ms(1).expect({.seq = 1, .payload_bytes = 1000});
}

TEST(TcpRack, DataThatComesInThatTimeIsNotSentAgain) {
  auto tcp = out(3);
  tcp.receive({.sack = {{1001, 2001}}}).advance_ms(20).acknowledge(3001);
  tcp.advance_ms(10'000).expect_silence();
  EXPECT_EQ(tcp.connection().congestion().window_bytes(), 10'000u);
}

// Step 4: three segments' worth is sure, where no reordering was seen; where it was, time decides.
TEST(TcpRack, WhereReorderingWasSeenThreeSegmentsSayNothing) {
  auto tcp = with_reordering();
  tcp.write_bytes(8000).expect_bytes({5001, 13'001}, 1000).advance_ms(100);
  tcp.receive({.sack = {{6001, 12'001}}}).advance_ms(24).expect_silence();
  tcp.advance_ms(1).expect({.seq = 5001});
}

// Each round trip with a duplicate report widens the window by a quarter.
TEST(TcpRack, DuplicateReportsWidenTheWindow) {
  auto tcp = with_reordering();
  tcp.write_bytes(4000).expect_bytes({5001, 9001}, 1000).advance_ms(100);
  tcp.receive({.ack = 5001, .sack = {{4001, 5001}, {6001, 7001}}});
  tcp.receive({.ack = 5001, .sack = {{3001, 4001}, {6001, 7001}}});  // of the same round trip
  tcp.advance_ms(49).expect_silence();
  tcp.advance_ms(1).expect({.seq = 5001});
}

// Sixteen recoveries later it is one quarter again.
TEST(TcpRack, TheWindowNarrowsAgain) {
  auto tcp = with_reordering();
  uint32_t at = 5001;
  const auto lose_one = [&](std::vector<test::Block> duplicate) {
    tcp.write_bytes(2000).expect_bytes({at, at + 2000}, 1000).advance_ms(100);
    duplicate.push_back({at + 1000, at + 2000});
    tcp.receive({.sack = duplicate});
    int64_t waited_ms = 0;
    for (; waited_ms < 300; ++waited_ms) {
      tcp.advance_ms(1);
      if (!tcp.take_sent().empty()) break;
    }
    tcp.advance_ms(100).pass_over().acknowledge(at += 2000).pass_over();
    return waited_ms + 1;
  };
  EXPECT_EQ(lose_one({{at - 1000, at}}), 50);
  for (uint32_t i = 1; i < 16; ++i) EXPECT_EQ(lose_one({}), 50) << i;
  EXPECT_EQ(lose_one({}), 25);
}

// What was sent again and is lost again is found by what was sent after it.
TEST(TcpRack, ALostRetransmissionIsFound) {
  auto tcp = out(10);
  tcp.receive({.sack = {{1001, 4001}}}).expect({.seq = 1});
  tcp.pass_over().write_bytes(3000).pass_over().advance_ms(100);
  // The new data came, the retransmission did not.
  tcp.receive({.sack = {{1001, 10'001}}}).pass_over();
  tcp.write_bytes(3000).pass_over().advance_ms(100);
  tcp.receive({.sack = {{1001, 13'001}}});
  const auto sent = tcp.take_sent();
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(sent.front().seq, 1u);
  EXPECT_LT(tcp.time_ms(), 1000);  // not by a timeout
}

// Step 2: sooner than any round trip, it is of the first copy.
TEST(TcpRack, AnAcknowledgmentThatIsTooSoonIsOfTheFirstCopy) {
  auto tcp = out(10);
  tcp.receive({.sack = {{1001, 4001}}}).expect({.seq = 1}).pass_over();
  tcp.advance_ms(1).acknowledge(4001).pass_over();
  EXPECT_EQ(tcp.connection().retransmissions(), 1u);
  EXPECT_EQ(tcp.connection().scoreboard().lost(), 0u);
}

// Step 2: an acknowledgment that must be of the first copy says nothing of the second.
TEST(TcpRack, AnAcknowledgmentOfTheFirstCopyIsNotOneOfTheSecond) {
  auto tcp = out(10, true);
  tcp.receive({.sack = {{989, 989 + 4 * 988}}, .echo = 100}).pass_over();
  tcp.advance_ms(1).receive({.ack = 1 + 5 * 988, .echo = 100}).pass_over();
  // No loss: everything else was sent at the same time as what has come, and is not older.
  EXPECT_EQ(tcp.connection().scoreboard().lost(), 0u);
}

}  // namespace
}  // namespace weft
