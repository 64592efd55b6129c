#include "mgmt/fleet/peer_session.h"

#include <gtest/gtest.h>

namespace weft::mgmt {
namespace {

using Heard = PeerSession::Heard;

// A process and what it thinks of the other one.
struct Side {
  explicit Side(uint64_t its_speaker)
      : speaker(its_speaker), session([this] { return speaker * 1000 + ++drawn; }) {}
  PeerHeader say() { return session.next_header(speaker); }

  uint64_t speaker;
  uint64_t drawn = 0;
  PeerSession session;
};

void meet(Side& a, Side& b) {
  b.session.hear(a.say());
  a.session.hear(b.say());
  b.session.hear(a.say());
}

TEST(PeerSession, TwoThatBeginBelieveEachOtherAfterOneQuestionEach) {
  Side a(1), b(2);
  EXPECT_EQ(b.session.hear(a.say()), Heard::unproven);
  EXPECT_FALSE(b.session.proven());
  EXPECT_EQ(a.session.hear(b.say()), Heard::believed_first);
  EXPECT_TRUE(a.session.proven());
  EXPECT_EQ(b.session.hear(a.say()), Heard::believed_first);
  EXPECT_EQ(a.session.hear(b.say()), Heard::believed);
  EXPECT_EQ(b.session.hear(a.say()), Heard::believed);
}

TEST(PeerSession, HellosThatCrossDoNoHarm) {
  Side a(1), b(2);
  const PeerHeader first_of_a = a.say(), first_of_b = b.say();
  EXPECT_EQ(a.session.hear(first_of_b), Heard::unproven);
  EXPECT_EQ(b.session.hear(first_of_a), Heard::unproven);
  EXPECT_EQ(a.session.hear(b.say()), Heard::believed_first);
  EXPECT_EQ(b.session.hear(a.say()), Heard::believed_first);
}

TEST(PeerSession, EachDatagramIsHeardOnceInAnyOrder) {
  Side a(1), b(2);
  meet(a, b);
  std::vector<PeerHeader> said;
  for (int i = 0; i < 40; ++i) said.push_back(a.say());
  for (auto it = said.rbegin(); it != said.rend(); ++it) {
    EXPECT_EQ(b.session.hear(*it), Heard::believed);
    EXPECT_EQ(b.session.hear(*it), Heard::heard_before);
  }
}

TEST(PeerSession, WhatIsTooLateMayBeACopy) {
  Side a(1), b(2);
  meet(a, b);
  const PeerHeader late = a.say();
  PeerHeader last;
  for (int i = 0; i < 64; ++i) last = a.say();
  EXPECT_EQ(b.session.hear(last), Heard::believed);
  EXPECT_EQ(b.session.hear(late), Heard::heard_before);
}

TEST(PeerSession, AProcessThatFollowsIsBelievedAndItsPredecessorNoMore) {
  Side a(1), b(2);
  meet(a, b);
  const PeerHeader recorded = a.say();
  Side next(3);  // a, started again
  EXPECT_EQ(b.session.hear(next.say()), Heard::unproven);
  EXPECT_EQ(next.session.hear(b.say()), Heard::believed_first);
  EXPECT_EQ(b.session.hear(next.say()), Heard::believed_first);
  EXPECT_EQ(b.session.hear(recorded), Heard::unproven);
  // Whoever says it again gets a question, and the two go on.
  for (int i = 0; i < 3; ++i) {
    next.session.hear(b.say());
    b.session.hear(next.say());
  }
  EXPECT_EQ(b.session.hear(next.say()), Heard::believed);
  EXPECT_EQ(next.session.hear(b.say()), Heard::believed);
}

TEST(PeerSession, WhatWasSaidToAnEarlierProcessIsNotBelieved) {
  Side a(1), b(2);
  meet(a, b);
  const PeerHeader recorded = a.say();
  Side next(4);  // b, started again
  EXPECT_EQ(next.session.hear(recorded), Heard::unproven);
  EXPECT_EQ(next.session.hear(recorded), Heard::unproven);
  meet(next, a);
  EXPECT_EQ(next.session.hear(a.say()), Heard::believed);
}

}  // namespace
}  // namespace weft::mgmt
