// RFC 7323: timestamps are echoed, and what is too old is not taken.
#include <gtest/gtest.h>

#include "tests/tcp/transcript.h"

namespace weft {
namespace {

using test::Transcript;
using namespace tcp_flag;

Transcript with_timestamps() {
  return Transcript::established({.timestamps = true});
}

TEST(TcpTimestamps, AreMillisecondsOfOneClock) {
  auto tcp = with_timestamps();
  tcp.advance_ms(250).write("x").expect({.timestamp = 250});
  tcp.advance_ms(3).write("y").expect({.timestamp = 253});
}

TEST(TcpTimestamps, TheOnesOfSegmentsInOrderAreEchoed) {
  auto tcp = with_timestamps();
  tcp.receive({.payload = "a", .timestamp = 100}).expect({.echo = 100});
  tcp.receive({.payload = "b", .timestamp = 130}).expect({.echo = 130});
}

// RFC 7323, 4.3: of the segment that the acknowledgment moves over, the earliest.
TEST(TcpTimestamps, OfDelayedSegmentsTheFirstIsEchoed) {
  auto tcp = with_timestamps();
  for (uint32_t i = 0; i < 16; ++i) tcp.receive({.payload = "q", .timestamp = 1}).pass_over();
  tcp.receive({.payload = "a", .timestamp = 10}).expect_silence();
  tcp.receive({.payload = "b", .timestamp = 20}).expect_silence();
  tcp.advance_ms(40).expect({.ack = 19, .echo = 10});
}

TEST(TcpTimestamps, OfSegmentsBehindAHoleNoneIsEchoed) {
  auto tcp = with_timestamps();
  tcp.receive({.payload = "a", .timestamp = 10}).expect({.ack = 2, .echo = 10});
  tcp.receive({.seq = 3, .payload = "c", .timestamp = 30}).expect({.ack = 2, .echo = 10});
  tcp.receive({.seq = 4, .payload = "d", .timestamp = 40}).expect({.ack = 2, .echo = 10});
  // The one that fills the hole is.
  tcp.receive({.seq = 2, .payload = "b", .timestamp = 50}).expect({.ack = 5, .echo = 50});
}

// RFC 7323, 5.3, R1.
TEST(TcpTimestamps, AnOldOneIsAnsweredAndNotTaken) {
  auto tcp = with_timestamps();
  tcp.receive({.payload = "a", .timestamp = 100}).expect({.ack = 2});
  tcp.receive({.seq = 2, .payload = "b", .timestamp = 99}).expect({.ack = 2, .echo = 100});
  EXPECT_EQ(tcp.connection().received().size(), 1u);
  tcp.receive({.seq = 2, .payload = "b", .timestamp = 100}).expect({.ack = 3});
}

TEST(TcpTimestamps, WhatAnOldOneAcknowledgesIsNotTakenEither) {
  auto tcp = with_timestamps();
  tcp.receive({.payload = "a", .timestamp = 100}).pass_over().write("x").expect({.seq = 1});
  tcp.receive({.seq = 2, .ack = 2, .timestamp = 99}).pass_over();
  EXPECT_FALSE(tcp.connection().all_acknowledged());
  tcp.receive({.seq = 2, .ack = 2, .timestamp = 100});
  EXPECT_TRUE(tcp.connection().all_acknowledged());
}

TEST(TcpTimestamps, AResetIsNotJudgedByThem) {
  auto tcp = with_timestamps();
  tcp.receive({.payload = "a", .timestamp = 100}).pass_over();
  tcp.receive({.flags = rst, .timestamp = 1}).expect_end(TcpEnd::reset);
}

// RFC 7323, 5.5: after 24 days the clock may have wrapped.
TEST(TcpTimestamps, AfterTwentyFourDaysAnyIsNew) {
  auto tcp = with_timestamps();
  tcp.receive({.payload = "a", .timestamp = 100}).pass_over();
  constexpr int64_t day_ms = 24 * 3600 * 1000;
  tcp.advance_ms(23 * day_ms).receive({.payload = "b", .timestamp = 99}).expect({.ack = 2});
  tcp.advance_ms(25 * day_ms);
  tcp.receive({.seq = 2, .payload = "b", .timestamp = 50}).expect({.ack = 3, .echo = 50});
}

}  // namespace
}  // namespace weft
