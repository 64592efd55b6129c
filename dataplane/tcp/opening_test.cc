// RFC 9293, 3.5 and 3.10.7.3: connections begin.
#include <gtest/gtest.h>

#include "tests/tcp/transcript.h"

namespace weft {
namespace {

using test::Transcript;
using namespace tcp_flag;

TEST(TcpOpening, Active) {
  auto tcp = Transcript::connecting({});
  tcp.expect({.seq = 0, .flags = syn | ece | cwr}).expect_state(TcpState::syn_sent);
  tcp.receive_syn(syn | ack, 1).expect({.seq = 1, .ack = 1, .flags = ack});
  tcp.expect_state(TcpState::established);
  EXPECT_EQ(tcp.take_events(), tcp_event::connected);
}

TEST(TcpOpening, Passive) {
  auto tcp = Transcript::accepting({});
  tcp.expect({.seq = 0, .ack = 1, .flags = syn | ack}).expect_state(TcpState::syn_received);
  tcp.acknowledge(1).expect_silence().expect_state(TcpState::established);
  EXPECT_EQ(tcp.take_events(), tcp_event::connected);
}

// RFC 9293, 3.5, figure 8.
TEST(TcpOpening, BothSidesAtOnce) {
  auto tcp = Transcript::connecting({});
  tcp.pass_over().receive_syn(syn).expect({.seq = 0, .ack = 1, .flags = syn | ack});
  tcp.expect_state(TcpState::syn_received);
  tcp.receive_syn(syn | ack, 1).expect_state(TcpState::established);
  EXPECT_EQ(tcp.take_events(), tcp_event::connected);
  tcp.pass_over().write("hello").expect({.seq = 1, .ack = 1, .payload = "hello"});
}

// Each side's answer may also be a mere acknowledgment, if its SYN came first.
TEST(TcpOpening, BothSidesAtOnceAndAPlainAcknowledgment) {
  auto tcp = Transcript::connecting({});
  tcp.pass_over().receive_syn(syn).pass_over();
  tcp.acknowledge(1).expect_silence().expect_state(TcpState::established);
}

// The peer's SYN is there before ours could leave.
TEST(TcpOpening, APeersSynBeforeOurs) {
  const TcpSettings settings;
  Connection connection = Connection::connect(settings, {}, Instant(seconds(1)));
  SegmentIn segment;
  segment.flags = syn;
  EXPECT_EQ(connection.receive(segment, Instant(seconds(1))), 0);
  const auto answer = connection.next_segment(Instant(seconds(1)));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->flags & (syn | ack), syn | ack);
}

TEST(TcpOpening, RefusedByAResetThatAcknowledgesTheSyn) {
  auto tcp = Transcript::connecting({});
  tcp.pass_over().receive({.seq = 0, .ack = 1, .flags = rst | ack});
  tcp.expect_silence().expect_end(TcpEnd::refused);
  EXPECT_EQ(tcp.take_events(), tcp_event::closed);
}

TEST(TcpOpening, AResetThatAcknowledgesNothingIsNotForUs) {
  auto tcp = Transcript::connecting({});
  tcp.pass_over().receive({.seq = 0, .flags = rst}).expect_silence();
  tcp.receive({.seq = 0, .ack = 2, .flags = rst | ack}).expect_silence();
  tcp.receive({.seq = 0, .ack = 0, .flags = rst | ack}).expect_silence();
  tcp.expect_state(TcpState::syn_sent);
}

// RFC 9293, 3.10.7.3, first: an old connection of the peer's is told that it is gone.
TEST(TcpOpening, AnAcknowledgmentOfSomethingElseIsAnsweredWithAReset) {
  auto tcp = Transcript::connecting({});
  tcp.pass_over().receive({.seq = 300, .ack = 92}).expect({.seq = 92, .flags = rst});
  tcp.receive_syn(syn | ack, 2).expect({.seq = 2, .flags = rst});
  tcp.expect_state(TcpState::syn_sent);
}

TEST(TcpOpening, AnAcknowledgmentOfTheSynWithoutASynSaysNothing) {
  auto tcp = Transcript::connecting({});
  tcp.pass_over().receive({.seq = 5, .ack = 1}).expect_silence();
  tcp.expect_state(TcpState::syn_sent);
}

// RFC 9293, 3.8.3: at least three minutes (MUST-23). RFC 6298: 1 s, and twice as long each time.
TEST(TcpOpening, ASynIsSentAgainAndGivenUp) {
  auto tcp = Transcript::connecting({});
  tcp.expect({.seq = 0, .flags = syn | ece | cwr});
  tcp.advance_ms(999).expect_silence();
  tcp.advance_ms(1).expect({.seq = 0, .flags = syn | ece | cwr});
  // RFC 3168, 6.1.1.1: some paths lose such a SYN.
  for (const int64_t wait_ms : {2000, 4000, 8000, 16000, 32000, 60000}) {
    tcp.advance_ms(wait_ms - 1).expect_silence();
    tcp.advance_ms(1).expect({.seq = 0, .flags = syn});
  }
  tcp.advance_ms(56'000).expect_silence().expect_state(TcpState::syn_sent);
  tcp.advance_ms(4'000).expect_silence().expect_end(TcpEnd::timed_out);
}

TEST(TcpOpening, ASynAcknowledgmentIsSentAgainAndGivenUp) {
  auto tcp = Transcript::accepting({});
  tcp.expect({.seq = 0, .ack = 1, .flags = syn | ack});
  tcp.advance_ms(1000).expect({.seq = 0, .ack = 1, .flags = syn | ack});
  tcp.advance_ms(2000).expect({.seq = 0, .ack = 1, .flags = syn | ack});
  tcp.advance_ms(300'000).pass_over().expect_end(TcpEnd::timed_out);
}

TEST(TcpOpening, ASynThatComesAgainIsAnsweredAgain) {
  auto tcp = Transcript::accepting({});
  tcp.pass_over().receive_syn(syn).expect({.seq = 0, .ack = 1, .flags = syn | ack});
  tcp.expect_state(TcpState::syn_received);
}

// Its sender has not shown that it is there: what it sent with the SYN is sent again.
TEST(TcpOpening, DataWithASynIsNotKept) {
  auto tcp = Transcript::connecting({});
  tcp.pass_over().receive({.seq = 0, .ack = 1, .flags = syn | ack, .payload = "early"});
  tcp.expect({.seq = 1, .ack = 1, .flags = ack});
  EXPECT_TRUE(tcp.connection().received().empty());
  tcp.receive({.seq = 1, .payload = "early"}).expect({.ack = 6});
  EXPECT_EQ(tcp.read(5), "early");
}

TEST(TcpOpening, WhatWasWrittenBeforeGoesWithTheAcknowledgment) {
  auto tcp = Transcript::connecting({});
  tcp.expect({.seq = 0}).write("hello").expect_silence();
  tcp.receive_syn(syn | ack, 1).expect({.seq = 1, .ack = 1, .payload = "hello"});
}

TEST(TcpOpening, DataWithTheLastAcknowledgmentCounts) {
  auto tcp = Transcript::accepting({});
  tcp.pass_over().receive({.ack = 1, .payload = "hello"}).expect({.ack = 6});
  EXPECT_EQ(tcp.take_events(), tcp_event::connected | tcp_event::readable);
}

TEST(TcpOpening, AnAcknowledgmentOfWhatWasNotSentIsAnsweredWithAReset) {
  auto tcp = Transcript::accepting({});
  tcp.pass_over().receive({.ack = 2}).expect({.seq = 2, .flags = rst});
  tcp.receive({.ack = 0}).expect({.seq = 0, .flags = rst});
  tcp.expect_state(TcpState::syn_received);
}

TEST(TcpOpening, ShutDownBeforeItIsOpenSendsAFinAfterwards) {
  auto tcp = Transcript::connecting({});
  tcp.pass_over().write("bye").shut_down().expect_silence();
  tcp.receive_syn(syn | ack, 1);
  tcp.expect({.seq = 1, .flags = fin | ack, .payload = "bye"}).expect_state(TcpState::fin_wait_1);
}

// RFC 6298, 5.7.
TEST(TcpOpening, AfterALostSynTheTimeoutIsThreeSeconds) {
  auto tcp = Transcript::connecting({});
  tcp.pass_over().advance_ms(1000).pass_over();
  tcp.receive_syn(syn | ack, 1).pass_over().write("hello").expect({.seq = 1});
  tcp.advance_ms(2999).expect_silence();
  tcp.advance_ms(1).expect({.seq = 1, .payload = "hello"});
}

// RFC 6928, 2.
TEST(TcpOpening, AfterTwoLostSynsTheWindowIsOneSegment) {
  auto tcp = Transcript::connecting({});
  tcp.pass_over().advance_ms(1000).pass_over().advance_ms(2000).pass_over();
  tcp.receive_syn(syn | ack, 1).pass_over().write_bytes(5000).expect_bytes({1, 1001}, 1000);
  tcp.expect_silence();
}

}  // namespace
}  // namespace weft
