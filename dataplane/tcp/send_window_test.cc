// What the peer lets us send: RFC 9293, 3.8.6, and RFC 1122's silly windows.
#include <gtest/gtest.h>

#include "tests/tcp/transcript.h"

namespace weft {
namespace {

using test::Transcript;
using namespace tcp_flag;

TEST(TcpSendWindow, NothingIsSentBehindIt) {
  auto tcp = Transcript::established({.window_bytes = 3000});
  tcp.write_bytes(5000).expect_bytes({1, 3001}, 1000).expect_silence();
  tcp.acknowledge(1001).expect_bytes({3001, 4001}, 1000).expect_silence();
}

// RFC 9293, 3.10.7.4: only a newer segment says it.
TEST(TcpSendWindow, AnOlderSegmentDoesNotChangeIt) {
  auto tcp = Transcript::established({.window_bytes = 3000});
  tcp.receive({.payload = "a"}).pass_over().receive({.window_bytes = 5000});
  tcp.receive({.seq = 1, .window_bytes = 100, .payload = "a"}).pass_over();
  EXPECT_EQ(tcp.connection().peer_window_bytes(), 5000u);
}

// MUST-34: a peer that shrinks it. What is out there may be acknowledged all the same.
TEST(TcpSendWindow, MayShrink) {
  auto tcp = Transcript::established({.window_bytes = 4000});
  tcp.write_bytes(6000).expect_bytes({1, 4001}, 1000);
  tcp.receive({.ack = 1001, .window_bytes = 1000}).expect_silence();
  tcp.receive({.ack = 4001, .window_bytes = 1000}).expect_bytes({4001, 5001}, 1000);
  tcp.expect_silence();
}

// SHLD-17: what the peer has no room for any more does not end the connection while it answers.
TEST(TcpSendWindow, ShrunkToNothingDoesNotEndIt) {
  auto tcp = Transcript::established({});
  tcp.write("hello").expect({.seq = 1});
  for (uint32_t i = 0; i < 300; ++i) {
    tcp.advance_ms(2000).pass_over();
    tcp.receive({.ack = 1, .window_bytes = 0}).pass_over();
  }
  tcp.expect_state(TcpState::established);
  tcp.receive({.ack = 6, .window_bytes = 1000}).expect_silence();
}

// SHLD-29, SHLD-30: after a timeout, and then twice as long each time.
TEST(TcpSendWindow, AClosedOneIsProbed) {
  auto tcp = Transcript::established({.window_bytes = 0});
  tcp.write("hello").expect_silence();
  for (const int64_t wait_ms : {200, 400, 800, 1600}) {
    tcp.advance_ms(wait_ms - 1).expect_silence();
    tcp.advance_ms(1).expect({.seq = 0, .flags = ack, .payload_bytes = 0});
    tcp.acknowledge(1).expect_silence();
  }
  tcp.receive({.window_bytes = 1000}).expect({.seq = 1, .payload = "hello"});
}

// MUST-37: as long as it answers; the news that it opened may have been lost.
TEST(TcpSendWindow, APeerThatNeverOpensIsProbedForEver) {
  auto tcp = Transcript::established({.window_bytes = 0});
  tcp.write("hello");
  for (uint32_t i = 0; i < 1000; ++i) {
    tcp.advance_ms(60'000).pass_over();
    tcp.acknowledge(1);
  }
  tcp.expect_state(TcpState::established);
  tcp.receive({.window_bytes = 1000}).expect({.seq = 1, .payload = "hello"});
  // And a loss then is repaired as soon as one of any other time.
  tcp.advance_ms(200).expect({.seq = 1, .payload = "hello"});
}

TEST(TcpSendWindow, APeerThatVanishesIsGivenUp) {
  auto tcp = Transcript::established({.window_bytes = 0});
  tcp.write("hello").advance_ms(170'000).pass_over().expect_state(TcpState::established);
  tcp.advance_ms(130'000).pass_over().expect_end(TcpEnd::timed_out);
}

// What counts is how long it has been asked, not how long nobody said anything.
TEST(TcpSendWindow, AfterALongSilenceItIsAskedBeforeItIsGivenUp) {
  auto tcp = Transcript::established({.window_bytes = 0});
  tcp.advance_ms(3'600'000).write("hello").expect_silence();
  tcp.advance_ms(200).expect({.seq = 0, .flags = ack});
  tcp.receive({.ack = 1, .window_bytes = 1000}).expect({.seq = 1, .payload = "hello"});
}

TEST(TcpSendWindow, AFinWaitsForRoomAsWell) {
  auto tcp = Transcript::established({.window_bytes = 5});
  tcp.write("hello").expect({.seq = 1, .payload = "hello"}).shut_down().expect_silence();
  tcp.receive({.ack = 6, .window_bytes = 0}).expect_silence();
  tcp.receive({.window_bytes = 1}).expect({.seq = 6, .flags = fin | ack});
}

// MUST-38: no small segments while a larger one is to come, unless nothing else happens for long.
TEST(TcpSendWindow, SillyOnesAreNotUsed) {
  auto tcp = Transcript::established({.window_bytes = 3000});
  tcp.write_bytes(10'000).expect_bytes({1, 3001}, 1000);
  tcp.receive({.ack = 3001, .window_bytes = 400}).expect_silence();
  tcp.receive({.window_bytes = 999}).expect_silence();
  tcp.receive({.window_bytes = 1000}).expect_bytes({3001, 4001}, 1000).expect_silence();
}

TEST(TcpSendWindow, ASillyOneIsUsedAfterATimeout) {
  auto tcp = Transcript::established({.window_bytes = 3000});
  tcp.write_bytes(10'000).expect_bytes({1, 3001}, 1000);
  tcp.receive({.ack = 3001, .window_bytes = 400}).expect_silence();
  tcp.advance_ms(200).expect({.seq = 3001, .payload_bytes = 400});
}

// Half of the largest that it ever was is not silly: its buffer may be smaller than a segment.
TEST(TcpSendWindow, HalfOfASmallBufferIsUsed) {
  auto tcp = Transcript::established({.window_bytes = 600});
  tcp.write_bytes(2000).expect({.seq = 1, .payload_bytes = 600}).expect_silence();
  tcp.receive({.ack = 601, .window_bytes = 299}).expect_silence();
  tcp.receive({.window_bytes = 300}).expect({.seq = 601, .payload_bytes = 300});
}

TEST(TcpSendWindow, IsScaledAsNegotiated) {
  auto tcp = Transcript::established({.window_scale = 4});
  tcp.receive({.window_bytes = 4096}).write_bytes(10'000).expect_bytes({1, 4001}, 1000);
  tcp.expect_silence();
}

}  // namespace
}  // namespace weft
