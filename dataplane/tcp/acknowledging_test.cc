// When we acknowledge, and when small writes wait: RFC 9293, 3.8.6.3 and 3.7.4; RFC 5681, 4.2.
#include <gtest/gtest.h>

#include <string>

#include "tests/tcp/transcript.h"

namespace weft {
namespace {

using test::Transcript;
using namespace tcp_flag;

const std::string full(1000, 'k');

// A connection whose quick start is over.
Transcript delaying(bool sack = false) {
  auto tcp = Transcript::established({.sack = sack});
  for (uint32_t i = 0; i < 16; ++i) tcp.receive({.payload = full}).expect({.ack = 1001 + i * 1000});
  tcp.read(16'000);
  tcp.pass_over();
  return tcp;
}

constexpr uint32_t begin = 16'001;

TEST(TcpAcknowledging, EachOfTheFirstSegmentsAtOnce) {
  delaying();
}

TEST(TcpAcknowledging, EverySecondFullSegmentAtOnce) {
  auto tcp = delaying();
  tcp.receive({.payload = full}).expect_silence();
  tcp.receive({.payload = full}).expect({.ack = begin + 2000}).expect_silence();
}

// MUST-58, MUST-40: below half a second.
TEST(TcpAcknowledging, OthersAfterFortyMilliseconds) {
  auto tcp = delaying();
  tcp.receive({.payload = full}).advance_ms(39).expect_silence();
  tcp.advance_ms(1).expect({.ack = begin + 1000, .flags = ack});
  tcp.advance_ms(1000).expect_silence();
}

TEST(TcpAcknowledging, DataTakesItAlong) {
  auto tcp = delaying();
  tcp.receive({.payload = full}).write("answer").expect({.ack = begin + 1000, .payload = "answer"});
  tcp.acknowledge(7).advance_ms(100).expect_silence();
}

TEST(TcpAcknowledging, SeveralSegmentsBeforeWeAreAskedGetOne) {
  TcpSettings settings;
  const Instant now(seconds(1));
  SegmentIn segment;
  segment.flags = syn;
  segment.window = 1000;
  Connection connection = Connection::accept(settings, {}, segment, now);
  ASSERT_TRUE(connection.next_segment(now).has_value());
  segment.flags = ack;
  segment.acknowledgment = Sequence(1);
  for (uint32_t i = 0; i < 10; ++i) {
    segment.sequence = Sequence(1 + i);
    segment.payload = Slice::of_static("x");
    connection.receive(segment, now);
  }
  const auto answer = connection.next_segment(now);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->acknowledgment, Sequence(11));
  EXPECT_FALSE(connection.next_segment(now).has_value());
}

// RFC 5681, 4.2.
TEST(TcpAcknowledging, AHoleAndWhatFillsItAtOnce) {
  auto tcp = delaying();
  tcp.receive({.seq = begin + 1000, .payload = full}).expect({.ack = begin});
  tcp.receive({.seq = begin, .payload = full}).expect({.ack = begin + 2000});
}

TEST(TcpAcknowledging, AFinAtOnce) {
  auto tcp = delaying();
  tcp.receive({.flags = fin | ack}).expect({.ack = begin + 1});
}

// RFC 2018, 4: the block of the segment that caused it first.
TEST(TcpAcknowledging, BlocksOfSackAreNewestFirst) {
  auto tcp = delaying(true);
  tcp.receive({.seq = begin + 10, .payload = "aa"});
  tcp.expect({.ack = begin, .sack = {{{begin + 10, begin + 12}}}});
  tcp.receive({.seq = begin + 30, .payload = "cc"});
  tcp.expect({.sack = {{{begin + 30, begin + 32}, {begin + 10, begin + 12}}}});
  tcp.receive({.seq = begin + 20, .payload = "bb"});
  tcp.expect(
      {.sack = {{{begin + 20, begin + 22}, {begin + 30, begin + 32}, {begin + 10, begin + 12}}}});
  tcp.receive({.seq = begin + 12, .payload = "aaaaaaaa"});
  tcp.expect({.sack = {{{begin + 10, begin + 22}, {begin + 30, begin + 32}}}});
}

TEST(TcpAcknowledging, WithoutSackNoBlocks) {
  auto tcp = delaying();
  tcp.receive({.seq = begin + 10, .payload = "aa"});
  tcp.expect({.ack = begin, .sack = {{}}});
}

// RFC 2883, 4.
TEST(TcpAcknowledging, WhatCameTwiceIsReported) {
  auto tcp = delaying(true);
  tcp.receive({.seq = begin - 1000, .payload = full});
  tcp.expect({.ack = begin, .sack = {{{begin - 1000, begin}}}});
  tcp.receive({.seq = begin + 10, .payload = "aa"}).pass_over();
  tcp.receive({.seq = begin - 10, .payload = std::string(12, 'x')});
  tcp.expect({.ack = begin + 2, .sack = {{{begin - 10, begin}, {begin + 10, begin + 12}}}});
  // Once.
  tcp.receive({.seq = begin + 20, .payload = "b"});
  tcp.expect({.sack = {{{begin + 20, begin + 21}, {begin + 10, begin + 12}}}});
}

TEST(TcpAcknowledging, WhatCameTwiceBehindAHoleIsReported) {
  auto tcp = delaying(true);
  tcp.receive({.seq = begin + 10, .payload = "aabb"}).pass_over();
  tcp.receive({.seq = begin + 12, .payload = "bb"});
  tcp.expect({.sack = {{{begin + 12, begin + 14}, {begin + 10, begin + 14}}}});
}

// RFC 9293, 3.8.5; RFC 6093.
TEST(TcpAcknowledging, UrgentDataIsOrdinary) {
  auto tcp = Transcript::established({});
  tcp.receive({.flags = ack | urg, .payload = "now!"}).expect({.ack = 5, .flags = ack});
  EXPECT_EQ(tcp.read(4), "now!");
}

// ---- Nagle (RFC 9293, 3.7.4)

TEST(TcpNagle, OffSmallWritesGoAtOnce) {
  auto tcp = Transcript::established({});
  tcp.write("a").expect({.seq = 1, .payload = "a"});
  tcp.write("b").expect({.seq = 2, .payload = "b"});
}

TEST(TcpNagle, OnSmallWritesWaitForAcknowledgments) {
  TcpSettings settings;
  settings.nagle = true;
  auto tcp = Transcript::established({.tcp = settings});
  tcp.write("a").expect({.seq = 1, .payload = "a"});
  tcp.write("b").write("c").expect_silence();
  tcp.acknowledge(2).expect({.seq = 2, .payload = "bc"});
  tcp.write_bytes(1500).expect({.seq = 4, .payload_bytes = 1000}).expect_silence();
  // The last one does not wait.
  tcp.shut_down().expect({.seq = 1004, .flags = fin | ack, .payload_bytes = 500});
}

// MUST-61, MUST-60: set on the last of what was written.
TEST(TcpPush, IsOnTheLastOfWhatWasWritten) {
  auto tcp = Transcript::established({});
  tcp.write_bytes(2500);
  const auto sent = tcp.take_sent();
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_EQ(sent[0].flags & psh, 0);
  EXPECT_EQ(sent[1].flags & psh, 0);
  EXPECT_EQ(sent[2].flags & psh, psh);
}

}  // namespace
}  // namespace weft
