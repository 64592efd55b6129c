// RFC 5961: who does not see the connection cannot end it, nor put bytes into it. That each state
// keeps to it is in states_test.cc.
#include <gtest/gtest.h>

#include "tests/tcp/transcript.h"

namespace weft {
namespace {

using test::Transcript;
using namespace tcp_flag;

// RFC 5961, 3.2 and RFC 9293, 3.5.1: a peer that lost its state is found out by the challenge.
TEST(TcpBlindAttacks, AHalfOpenConnectionEndsByTheChallenge) {
  auto tcp = Transcript::established({});
  tcp.receive({.seq = 400'000, .flags = syn}).expect({.seq = 1, .ack = 1, .flags = ack});
  tcp.expect_state(TcpState::established);
  tcp.receive({.seq = 1, .flags = rst}).expect_silence().expect_end(TcpEnd::reset);
}

// RFC 5961, 7.
TEST(TcpBlindAttacks, ChallengesAreLimited) {
  auto tcp = Transcript::established({});
  tcp.receive({.seq = 5, .flags = rst}).expect({.ack = 1, .flags = ack});
  for (uint32_t i = 0; i < 100; ++i) tcp.receive({.seq = 5 + i, .flags = rst});
  tcp.receive({.seq = 1, .flags = syn}).receive({.ack = 5000}).expect_silence();
  tcp.advance_ms(500).receive({.seq = 5, .flags = rst}).expect({.ack = 1, .flags = ack});
}

// RFC 5961, 5.2: data with an acknowledgment that cannot be is not taken.
TEST(TcpBlindAttacks, DataWithAnImpossibleAcknowledgmentIsNotTaken) {
  auto tcp = Transcript::established({});
  tcp.receive({.ack = 2, .payload = "evil"}).pass_over();
  tcp.receive({.seq = 1, .ack = 1u - 70'000u, .payload = "evil"}).pass_over();
  EXPECT_TRUE(tcp.connection().received().empty());
  // At the window's oldest number it is.
  tcp.receive({.seq = 1, .ack = 1u - 65'535u, .payload = "good"}).expect({.ack = 5});
}

TEST(TcpBlindAttacks, AnOldAcknowledgmentTakesItsPayloadAlong) {
  auto tcp = Transcript::established({});
  tcp.write("hello").pass_over().acknowledge(6);
  tcp.receive({.ack = 3, .payload = "good"}).expect({.ack = 5});
  EXPECT_EQ(tcp.connection().send_unacknowledged() - tcp.connection().send_next(), 0u);
}

}  // namespace
}  // namespace weft
