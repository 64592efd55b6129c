// What we offer to be sent: RFC 9293, 3.8.6.
#include <gtest/gtest.h>

#include <string>

#include "tests/tcp/transcript.h"

namespace weft {
namespace {

using test::Transcript;
using namespace tcp_flag;

TcpSettings with_buffer(uint32_t bytes) {
  TcpSettings settings;
  settings.receive_buffer_max_bytes = bytes;
  return settings;
}

// The transcript checks at each segment that the edge does not move back.
TEST(TcpReceiveWindow, ClosesByWhatIsNotRead) {
  auto tcp = Transcript::established({.tcp = with_buffer(8000)});
  const std::string kilobyte(1000, 'k');
  for (uint32_t i = 1; i <= 4; ++i) {
    tcp.receive({.payload = kilobyte})
        .expect({.ack = 1 + i * 1000, .window_bytes = 4000 - i * 1000});
  }
  // Nothing more is taken, and each attempt is told so.
  tcp.receive({.payload = "x"}).expect({.ack = 4001, .window_bytes = 0});
  EXPECT_EQ(tcp.connection().received().size(), 4000u);
}

TEST(TcpReceiveWindow, WhatLeavesTheWindowIsCutOff) {
  auto tcp = Transcript::established({.tcp = with_buffer(8000)});
  tcp.receive({.flags = ack | fin, .payload = std::string(5000, 'k')});
  tcp.expect({.ack = 4001, .window_bytes = 0}).expect_state(TcpState::established);
}

// With no room an acknowledgment, its window and a reset count (RFC 9293, 3.10.7.4).
TEST(TcpReceiveWindow, ClosedItStillHearsAcknowledgments) {
  auto tcp = Transcript::established({.tcp = with_buffer(8000)});
  tcp.write("hello").pass_over().receive({.payload = std::string(4000, 'k')}).pass_over();
  tcp.receive({.ack = 3}).expect_silence();
  EXPECT_EQ(tcp.connection().send_next() - tcp.connection().send_unacknowledged(), 3u);
  tcp.receive({.ack = 6, .payload = "x"}).expect({.ack = 4001, .window_bytes = 0});
  EXPECT_TRUE(tcp.connection().all_acknowledged());
  tcp.receive({.seq = 4001, .flags = rst}).expect_end(TcpEnd::reset);
}

// MUST-39: it opens by a segment or half the buffer, not by crumbs.
TEST(TcpReceiveWindow, OpensByASegmentAtLeast) {
  auto tcp = Transcript::established({.tcp = with_buffer(8000)});
  const std::string kilobyte(1000, 'k');
  for (uint32_t i = 0; i < 4; ++i) tcp.receive({.payload = kilobyte}).pass_over();
  tcp.read(900);
  tcp.expect_silence();
  tcp.receive({.seq = 4000, .payload = "k"}).expect({.ack = 4001, .window_bytes = 0});
  tcp.read(1100);
  tcp.expect({.ack = 4001, .window_bytes = 2000});
}

// A peer that waits is told, be the buffer smaller than a segment.
TEST(TcpReceiveWindow, ASmallBufferOpensAgain) {
  auto tcp = Transcript::established({.mss_bytes = 1460, .tcp = with_buffer(2000)});
  tcp.receive({.payload = std::string(1000, 'k')}).expect({.ack = 1001, .window_bytes = 0});
  tcp.read(1000);
  tcp.expect({.ack = 1001, .window_bytes = 1000});
}

// RFC 7323, 2.4: rounding may not let a peer that drips bytes in for ever.
TEST(TcpReceiveWindow, ScaledItStillCloses) {
  auto tcp = Transcript::established({.window_scale = 0, .tcp = with_buffer(1u << 20)});
  const std::string odd(997, 'k');
  for (uint32_t i = 0; i < 80; ++i) tcp.receive({.payload = odd}).pass_over();
  for (uint32_t i = 0; i < 200; ++i) tcp.receive({.payload = "k"}).pass_over();
  EXPECT_LE(tcp.connection().received().size(), 65'536u + 16u);
  tcp.receive({.payload = "k"}).expect({.window_bytes = 0});
}

// A window that was used up within two round trips was too small.
TEST(TcpReceiveWindow, GrowsWithAFastReader) {
  auto tcp = Transcript::established(
      {.round_trip_ms = 100, .window_scale = 0, .tcp = with_buffer(1u << 20)});
  const std::string kilobyte(1000, 'k');
  for (uint32_t i = 0; i < 220; ++i) {
    tcp.receive({.payload = kilobyte}).pass_over();
    tcp.read(1000);
    tcp.pass_over();
  }
  tcp.write("x");
  EXPECT_GT(tcp.take_sent().front().window_bytes, 200'000u);
}

TEST(TcpReceiveWindow, DoesNotGrowWithASlowOne) {
  auto tcp = Transcript::established(
      {.round_trip_ms = 1, .window_scale = 0, .tcp = with_buffer(1u << 20)});
  const std::string kilobyte(1000, 'k');
  for (uint32_t i = 0; i < 300; ++i) {
    tcp.receive({.payload = kilobyte}).pass_over();
    tcp.read(1000);
    tcp.pass_over().advance_ms(10).pass_over();
  }
  tcp.write("x");
  EXPECT_LE(tcp.take_sent().front().window_bytes, 65'536u);
}

TEST(TcpReceiveWindow, WhatIsOutOfOrderIsBounded) {
  auto tcp = Transcript::established({.sack = true, .window_scale = 0});
  for (uint32_t i = 0; i < 200; ++i) tcp.receive({.seq = 10 + 20 * i, .payload = "x"}).pass_over();
  tcp.receive({.seq = 1, .payload = std::string(9, 'x')});
  EXPECT_EQ(tcp.connection().received().size(), 10u);
}

}  // namespace
}  // namespace weft
