// Connections on which nothing happens: RFC 9293, 3.8.4; RFC 5681, 4.1.
#include <gtest/gtest.h>

#include "tests/tcp/transcript.h"

namespace weft {
namespace {

using test::Transcript;
using namespace tcp_flag;

Transcript with_keepalive() {
  TcpSettings settings;
  settings.keepalive_after = seconds(7200);
  settings.keepalive_interval = seconds(75);
  settings.keepalive_probes_max = 3;
  return Transcript::established({.tcp = settings});
}

// MUST-25.
TEST(TcpIdle, WithoutKeepaliveNothingIsSent) {
  auto tcp = Transcript::established({});
  tcp.advance_ms(100'000'000).expect_silence().expect_state(TcpState::established);
}

TEST(TcpIdle, APeerThatAnswersStays) {
  auto tcp = with_keepalive();
  for (uint32_t i = 0; i < 10; ++i) {
    tcp.advance_ms(7'199'999).expect_silence();
    tcp.advance_ms(1).expect({.seq = 0, .ack = 1, .flags = ack, .payload_bytes = 0});
    tcp.acknowledge(1).expect_silence();
  }
  tcp.expect_state(TcpState::established);
}

// MUST-29: one probe without an answer says nothing.
TEST(TcpIdle, APeerThatIsGoneIsGivenUpAfterSeveralProbes) {
  auto tcp = with_keepalive();
  tcp.advance_ms(7'200'000).expect({.seq = 0});
  tcp.advance_ms(75'000).expect({.seq = 0}).advance_ms(75'000).expect({.seq = 0});
  tcp.advance_ms(74'999).expect_silence().expect_state(TcpState::established);
  tcp.advance_ms(1).expect({.flags = rst | ack}).expect_end(TcpEnd::timed_out);
}

TEST(TcpIdle, WhatIsHeardMovesTheProbe) {
  auto tcp = with_keepalive();
  tcp.advance_ms(7'000'000).receive({.payload = "x"}).pass_over();
  tcp.advance_ms(7'199'000).expect_silence().advance_ms(1'000).expect({.seq = 0});
}

// MUST-26: data that is out asks already.
TEST(TcpIdle, WhileDataIsOutNothingIsProbed) {
  TcpSettings settings;
  settings.keepalive_after = seconds(10);
  auto tcp = Transcript::established({.tcp = settings});
  tcp.write("hello").pass_over().advance_ms(60'000);
  for (const test::SentSegment& sent : tcp.take_sent()) EXPECT_EQ(sent.payload, "hello");
}

// The peer is asked about us.
TEST(TcpIdle, AProbeOfThePeerIsAnswered) {
  auto tcp = Transcript::established({});
  tcp.advance_ms(7'200'000).receive({.seq = 0}).expect({.seq = 1, .ack = 1, .flags = ack});
}

// RFC 5681, 4.1.
TEST(TcpIdle, AfterATimeoutOfIdlenessTheWindowIsTheInitialOne) {
  auto tcp = Transcript::established({});
  uint32_t at = 1;
  for (uint32_t i = 0; i < 3; ++i) {
    const uint32_t window = tcp.connection().congestion().window_bytes();
    tcp.write_bytes(window).pass_over().acknowledge(at += window).pass_over();
  }
  EXPECT_EQ(tcp.connection().congestion().window_bytes(), 65'000u + 15'000u);
  tcp.advance_ms(199).write("x").pass_over().acknowledge(at += 1);
  EXPECT_GT(tcp.connection().congestion().window_bytes(), 60'000u);
  tcp.advance_ms(201).write_bytes(30'000).expect_bytes({at, at + 10'000}, 1000).expect_silence();
}

// RFC 7661's concern: what was never used says nothing of the path.
TEST(TcpIdle, WhoSendsLittleDoesNotGrowItsWindow) {
  auto tcp = Transcript::established({});
  for (uint32_t i = 0; i < 1000; ++i) {
    tcp.write("x").pass_over().acknowledge(2 + i).advance_ms(1);
  }
  EXPECT_EQ(tcp.connection().congestion().window_bytes(), 10'000u);
}

}  // namespace
}  // namespace weft
