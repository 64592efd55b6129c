// Every state and every kind of segment: RFC 9293, 3.10.7, as RFC 5961 changes it.
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>

#include "tests/tcp/transcript.h"

namespace weft {
namespace {

using test::Transcript;
using namespace tcp_flag;

constexpr std::array states = {
    TcpState::syn_received, TcpState::established, TcpState::fin_wait_1, TcpState::fin_wait_2,
    TcpState::close_wait,   TcpState::closing,     TcpState::last_ack,   TcpState::time_wait,
};

// A connection in the state, with nothing left to expect, and its next numbers.
struct InState {
  explicit InState(TcpState state)
      : tcp(state == TcpState::syn_received ? Transcript::accepting({.passive = true})
                                            : Transcript::established({.passive = true})) {
    tcp.pass_over();
    const bool ours = state == TcpState::fin_wait_1 || state == TcpState::fin_wait_2 ||
                      state == TcpState::closing || state == TcpState::time_wait;
    const bool theirs = state == TcpState::close_wait || state == TcpState::last_ack;
    if (ours) tcp.shut_down().pass_over();
    if (state == TcpState::fin_wait_2) tcp.acknowledge(2);
    if (state == TcpState::closing) tcp.receive({.flags = fin | ack}).pass_over();
    if (state == TcpState::time_wait) tcp.receive({.ack = 2, .flags = fin | ack}).pass_over();
    if (theirs) tcp.receive({.flags = fin | ack}).pass_over();
    if (state == TcpState::last_ack) tcp.shut_down().pass_over();
    tcp.take_events();
    const bool peer_finished = theirs || state == TcpState::closing || state == TcpState::time_wait;
    our_next = ours || state == TcpState::last_ack ? 2 : 1;
    peer_next = peer_finished ? 2 : 1;
    tcp.expect_state(state);
  }

  Transcript tcp;
  uint32_t our_next;
  uint32_t peer_next;
};

std::string name_of(const testing::TestParamInfo<TcpState>& state) {
  constexpr std::array names = {"Closed",   "SynSent",   "SynReceived", "Established", "FinWait1",
                                "FinWait2", "CloseWait", "Closing",     "LastAck",     "TimeWait"};
  return names[static_cast<std::size_t>(state.param)];
}

class TcpStates : public testing::TestWithParam<TcpState> {};
class TcpOpenStates : public TcpStates {};  // opening_test.cc says how SYN-RECEIVED answers

TEST_P(TcpStates, AResetWithTheNextNumberEndsIt) {
  InState in(GetParam());
  in.tcp.receive({.seq = in.peer_next, .flags = rst}).expect_silence().expect_end(TcpEnd::reset);
  EXPECT_EQ(in.tcp.take_events(), tcp_event::closed);
}

// RFC 5961, 3.2.
TEST_P(TcpStates, AResetElsewhereInTheWindowIsChallenged) {
  InState in(GetParam());
  in.tcp.receive({.seq = in.peer_next + 1, .flags = rst});
  in.tcp.expect({.seq = in.our_next, .ack = in.peer_next, .flags = ack});
  in.tcp.expect_silence().expect_state(GetParam());
}

TEST_P(TcpStates, AResetOutsideTheWindowIsNothing) {
  InState in(GetParam());
  in.tcp.receive({.seq = in.peer_next - 1, .flags = rst});
  in.tcp.receive({.seq = in.peer_next + 70'000, .flags = rst});
  in.tcp.expect_silence().expect_state(GetParam());
}

// RFC 5961, 4.2.
TEST_P(TcpStates, ASynIsChallenged) {
  InState in(GetParam());
  in.tcp.receive({.seq = in.peer_next, .flags = syn});
  in.tcp.expect({.seq = in.our_next, .ack = in.peer_next, .flags = ack});
  in.tcp.expect_silence().expect_state(GetParam());
}

TEST_P(TcpStates, ASynOutsideTheWindowIsChallenged) {
  InState in(GetParam());
  in.tcp.receive({.seq = in.peer_next + 1'000'000, .flags = syn});
  in.tcp.expect({.seq = in.our_next, .ack = in.peer_next, .flags = ack});
  in.tcp.expect_silence().expect_state(GetParam());
}

TEST_P(TcpStates, WithoutAnAcknowledgmentNothingCounts) {
  InState in(GetParam());
  in.tcp.receive({.seq = in.peer_next, .flags = 0, .payload = "x"});
  in.tcp.receive({.seq = in.peer_next, .flags = fin}).expect_silence().expect_state(GetParam());
}

TEST_P(TcpOpenStates, AnOldAcknowledgmentIsNothing) {
  InState in(GetParam());
  in.tcp.receive({.seq = in.peer_next, .ack = 0}).expect_silence().expect_state(GetParam());
}

// RFC 9293, 3.10.7.4, fifth: it is answered and dropped.
TEST_P(TcpOpenStates, AnAcknowledgmentOfWhatWasNotSentIsAnswered) {
  InState in(GetParam());
  in.tcp.receive({.seq = in.peer_next, .ack = in.our_next + 1});
  in.tcp.expect({.seq = in.our_next, .ack = in.peer_next, .flags = ack});
  in.tcp.expect_silence().expect_state(GetParam());
}

// RFC 5961, 5.2: older than the window ever was.
TEST_P(TcpOpenStates, AnAcknowledgmentThatIsFarTooOldIsAnswered) {
  InState in(GetParam());
  in.tcp.receive({.seq = in.peer_next, .ack = in.our_next - 70'000});
  in.tcp.expect({.seq = in.our_next, .ack = in.peer_next, .flags = ack});
  in.tcp.expect_state(GetParam());
}

// First check: what lies before is answered with where we are.
TEST_P(TcpStates, OldDataIsAcknowledgedAgain) {
  InState in(GetParam());
  in.tcp.receive({.seq = in.peer_next - 1, .ack = 1, .payload = "x"});
  in.tcp.expect({.seq = in.our_next, .ack = in.peer_next, .flags = ack});
}

TEST_P(TcpStates, AFinLeadsWhereTheDiagramSays) {
  InState in(GetParam());
  const auto next = [&]() -> std::optional<TcpState> {
    switch (GetParam()) {
      case TcpState::syn_received:
      case TcpState::established:
        return TcpState::close_wait;
      case TcpState::fin_wait_1:
        return TcpState::closing;
      case TcpState::fin_wait_2:
        return TcpState::time_wait;
      default:
        return std::nullopt;  // it was there
    }
  }();
  const uint32_t known = GetParam() == TcpState::fin_wait_2 || GetParam() == TcpState::time_wait;
  in.tcp.receive({.seq = 1, .ack = 1 + known, .flags = fin | ack});
  in.tcp.expect({.seq = in.our_next, .ack = 2, .flags = ack});
  in.tcp.expect_silence().expect_state(next.value_or(GetParam()));
}

TEST_P(TcpStates, AbortSendsOneResetAndEndsIt) {
  InState in(GetParam());
  in.tcp.abort();
  if (GetParam() != TcpState::time_wait) {
    in.tcp.expect({.seq = in.our_next, .ack = in.peer_next, .flags = rst | ack});
  }
  in.tcp.expect_silence().expect_end(TcpEnd::aborted);
  in.tcp.abort().expect_silence().advance_ms(1'000'000).expect_silence();
}

// Without a peer every closed connection ends by itself.
TEST_P(TcpStates, AfterCloseItEndsWithoutAPeer) {
  InState in(GetParam());
  in.tcp.close().pass_over().advance_ms(400'000).pass_over();
  in.tcp.expect_state(TcpState::closed);
  EXPECT_TRUE(in.tcp.connection().scoreboard().empty());
  EXPECT_TRUE(in.tcp.connection().to_send().empty());
  EXPECT_EQ(in.tcp.connection().deadline(), Connection::never);
}

INSTANTIATE_TEST_SUITE_P(All, TcpStates, testing::ValuesIn(states), name_of);
INSTANTIATE_TEST_SUITE_P(All, TcpOpenStates, testing::ValuesIn(states.begin() + 1, states.end()),
                         name_of);

TEST(TcpSynSent, AbortAndCloseSendNothing) {
  auto aborted = Transcript::connecting({});
  aborted.pass_over().abort().expect_silence().expect_end(TcpEnd::aborted);
  auto closed = Transcript::connecting({});
  closed.pass_over().close().expect_silence().expect_end(TcpEnd::aborted);
}

}  // namespace
}  // namespace weft
