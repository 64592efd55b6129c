// RFC 9293, 3.6: connections end.
#include <gtest/gtest.h>

#include <utility>

#include "tests/tcp/transcript.h"

namespace weft {
namespace {

using test::Transcript;
using namespace tcp_flag;

constexpr int64_t time_wait_ms = 60'000;

// RFC 9293, 3.6, figure 12, our side first.
TEST(TcpClosing, OursFirst) {
  auto tcp = Transcript::established({});
  tcp.shut_down().expect({.seq = 1, .ack = 1, .flags = fin | ack});
  tcp.expect_state(TcpState::fin_wait_1);
  tcp.acknowledge(2).expect_silence().expect_state(TcpState::fin_wait_2);
  tcp.receive({.flags = fin | ack}).expect({.seq = 2, .ack = 2, .flags = ack});
  tcp.expect_state(TcpState::time_wait);
  EXPECT_EQ(tcp.take_events(), tcp_event::peer_finished);
  tcp.advance_ms(time_wait_ms - 1).expect_silence().expect_state(TcpState::time_wait);
  tcp.advance_ms(1).expect_silence().expect_end(TcpEnd::none);
}

TEST(TcpClosing, ThePeersFirst) {
  auto tcp = Transcript::established({});
  tcp.receive({.flags = fin | ack}).expect({.seq = 1, .ack = 2, .flags = ack});
  tcp.expect_state(TcpState::close_wait);
  EXPECT_EQ(tcp.take_events(), tcp_event::peer_finished);
  tcp.shut_down().expect({.seq = 1, .ack = 2, .flags = fin | ack});
  tcp.expect_state(TcpState::last_ack);
  tcp.acknowledge(2).expect_silence().expect_end(TcpEnd::none);
}

// RFC 9293, 3.6, figure 13.
TEST(TcpClosing, BothAtOnce) {
  auto tcp = Transcript::established({});
  tcp.shut_down().expect({.seq = 1, .flags = fin | ack});
  tcp.receive({.flags = fin | ack}).expect({.seq = 2, .ack = 2, .flags = ack});
  tcp.expect_state(TcpState::closing);
  tcp.acknowledge(2).expect_silence().expect_state(TcpState::time_wait);
}

TEST(TcpClosing, AFinThatAcknowledgesOursAsWell) {
  auto tcp = Transcript::established({});
  tcp.shut_down().pass_over().receive({.ack = 2, .flags = fin | ack});
  tcp.expect({.seq = 2, .ack = 2, .flags = ack}).expect_state(TcpState::time_wait);
}

// MUST-13's other half: who has said all still hears all.
TEST(TcpClosing, HalfClosedWeStillReceive) {
  auto tcp = Transcript::established({});
  tcp.write("request").pass_over().shut_down();
  tcp.pass_over().acknowledge(9).expect_state(TcpState::fin_wait_2);
  tcp.receive({.payload = "answer"}).expect({.ack = 7});
  EXPECT_EQ(tcp.read(6), "answer");
  tcp.advance_ms(3'600'000).pass_over().expect_state(TcpState::fin_wait_2);
  tcp.receive({.flags = fin | ack, .payload = "late"}).expect({.ack = 12});
  EXPECT_EQ(tcp.read(4), "late");
}

TEST(TcpClosing, HalfClosedByThePeerWeStillSend) {
  auto tcp = Transcript::established({});
  tcp.receive({.flags = fin | ack}).pass_over();
  tcp.write("answer").expect({.seq = 1, .ack = 2, .payload = "answer"});
  tcp.acknowledge(7).expect_silence().expect_state(TcpState::close_wait);
  tcp.advance_ms(3'600'000).expect_silence().write("late").expect({.seq = 7, .payload = "late"});
}

// RFC 9293, 3.10.4: what was written before goes first, with the FIN at its end.
TEST(TcpClosing, TheFinRidesOnTheLastData) {
  auto tcp = Transcript::established({.window_bytes = 1500});
  tcp.write_bytes(2000).expect({.seq = 1, .payload_bytes = 1000}).shut_down();
  tcp.acknowledge(1001).expect({.seq = 1001, .flags = fin | ack, .payload_bytes = 1000});
}

TEST(TcpClosing, AFinIsSentAgain) {
  auto tcp = Transcript::established({});
  tcp.shut_down().expect({.seq = 1, .flags = fin | ack});
  tcp.advance_ms(200).expect({.seq = 1, .flags = fin | ack});
  tcp.advance_ms(400).expect({.seq = 1, .flags = fin | ack});
  tcp.acknowledge(2).expect_state(TcpState::fin_wait_2);
}

TEST(TcpClosing, AFinThatNobodyAcknowledgesIsGivenUp) {
  auto tcp = Transcript::established({});
  tcp.receive({.flags = fin | ack}).pass_over().shut_down().pass_over();
  tcp.advance_ms(400'000).pass_over().expect_end(TcpEnd::timed_out);
}

TEST(TcpClosing, DataAndAFinThatComeInTheWrongOrder) {
  auto tcp = Transcript::established({});
  tcp.receive({.seq = 6, .flags = fin | ack, .payload = "world"}).expect({.ack = 1});
  tcp.expect_state(TcpState::established);
  tcp.receive({.seq = 1, .payload = "hello"}).expect({.ack = 12});
  tcp.expect_state(TcpState::close_wait);
  EXPECT_EQ(tcp.read(10), "helloworld");
}

// The peer did not hear our acknowledgment: TIME-WAIT begins again (RFC 9293, 3.10.7.8).
TEST(TcpClosing, AFinInTimeWaitIsAcknowledgedAgain) {
  auto tcp = Transcript::established({});
  tcp.shut_down().pass_over().receive({.ack = 2, .flags = fin | ack}).pass_over();
  tcp.advance_ms(50'000).receive({.seq = 1, .flags = fin | ack});
  tcp.expect({.seq = 2, .ack = 2, .flags = ack});
  tcp.advance_ms(time_wait_ms - 1).expect_state(TcpState::time_wait);
  tcp.advance_ms(1).expect_end(TcpEnd::none);
}

// RFC 2525, 2.17.
TEST(TcpClosing, ClosingWithUnreadDataResets) {
  auto tcp = Transcript::established({});
  tcp.receive({.payload = "hello"}).pass_over().close();
  tcp.expect({.seq = 1, .ack = 6, .flags = rst | ack}).expect_end(TcpEnd::aborted);
}

// RFC 9293, 3.6.1 (SHLD-3).
TEST(TcpClosing, DataAfterCloseIsAnsweredWithAReset) {
  auto tcp = Transcript::established({});
  tcp.close().expect({.seq = 1, .flags = fin | ack});
  tcp.acknowledge(2).receive({.payload = "hello"});
  tcp.expect({.seq = 2, .flags = rst | ack}).expect_end(TcpEnd::aborted);
}

TEST(TcpClosing, DataThatIsKnownDoesNotResetAfterClose) {
  auto tcp = Transcript::established({});
  tcp.receive({.payload = "hello"}).pass_over().read(5);
  tcp.close().pass_over().receive({.seq = 1, .payload = "hello"}).expect({.ack = 6, .flags = ack});
  tcp.expect_state(TcpState::fin_wait_1);
}

TEST(TcpClosing, AfterCloseThePeerHasSomeTimeForItsFin) {
  auto tcp = Transcript::established({});
  tcp.close().pass_over().acknowledge(2);
  tcp.advance_ms(59'999).expect_silence().expect_state(TcpState::fin_wait_2);
  tcp.advance_ms(1).expect({.seq = 2, .flags = rst | ack}).expect_end(TcpEnd::aborted);
}

// The time to close does not end with the next look at whether the peer lives.
TEST(TcpClosing, KeepaliveDoesNotShortenTheTimeToClose) {
  TcpSettings settings;
  settings.keepalive_after = seconds(7200);
  auto tcp = Transcript::established({.tcp = settings});
  tcp.advance_ms(7'199'999).close().expect({.flags = fin | ack});
  tcp.advance_ms(10).expect_silence().expect_state(TcpState::fin_wait_1);
  tcp.acknowledge(2).receive({.flags = fin | ack}).pass_over().expect_state(TcpState::time_wait);
}

TEST(TcpClosing, ClosingAgainDoesNotLengthenIt) {
  auto tcp = Transcript::established({});
  tcp.close().pass_over().acknowledge(2).advance_ms(59'000).close();
  tcp.advance_ms(1'000).expect({.flags = rst | ack}).expect_end(TcpEnd::aborted);
}

TEST(TcpClosing, NothingIsWrittenAfterShutDown) {
  auto tcp = Transcript::established({});
  EXPECT_GT(tcp.connection().room_bytes(), 0u);
  tcp.shut_down().pass_over();
  EXPECT_FALSE(tcp.connection().can_write());
  EXPECT_EQ(tcp.connection().room_bytes(), 0u);
  tcp.shut_down().expect_silence();
}

// A connection that is gone sends nothing of its own, and answers as one that never was.
TEST(TcpClosing, AClosedConnectionAnswersWithAReset) {
  auto tcp = Transcript::established({});
  tcp.receive({.flags = rst}).expect_silence().expect_end(TcpEnd::reset);
  EXPECT_EQ(tcp.take_events(), tcp_event::closed);
  tcp.receive({.payload = "hello"}).expect({.seq = 1, .flags = rst});
  EXPECT_EQ(tcp.take_events(), tcp_event::answer_reset);
  tcp.advance_ms(1'000'000).expect_silence();
  EXPECT_EQ(tcp.connection().deadline(), Connection::never);
}

}  // namespace
}  // namespace weft
