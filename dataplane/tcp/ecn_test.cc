// Marks of congestion: RFC 3168, 6.1. That a SYN is sent again without is in opening_test.cc.
#include <gtest/gtest.h>

#include "tests/tcp/transcript.h"

namespace weft {
namespace {

using test::Transcript;
using namespace tcp_flag;

TEST(TcpEcn, AnAnswerSaysYesWithOneFlag) {
  Transcript::accepting({.ecn = true}).expect({.flags = syn | ack | ece});
  Transcript::accepting({.ecn = false}).expect({.flags = syn | ack});
}

// RFC 3168, 6.1.1: both flags in an answer are of a host that mirrors what it does not know.
TEST(TcpEcn, AMirroredAnswerIsNoYes) {
  auto tcp = Transcript::connecting({});
  tcp.pass_over().receive_syn(syn | ack | ece | cwr, 1).pass_over();
  tcp.write("x").expect({.seq = 1, .ecn_capable = false});
}

TEST(TcpEcn, NewDataIsCapableAndNothingElse) {
  auto tcp = Transcript::established({.ecn = true});
  tcp.write("x").expect({.seq = 1, .ecn_capable = true});
  tcp.advance_ms(200).expect({.seq = 1, .ecn_capable = false});
  tcp.receive({.ack = 2, .payload = "y"}).expect({.ack = 2, .ecn_capable = false});
  auto without = Transcript::established({});
  without.write("x").expect({.seq = 1, .ecn_capable = false});
}

// 6.1.3: until the sender says that it heard.
TEST(TcpEcn, AMarkIsEchoedUntilItIsHeard) {
  auto tcp = Transcript::established({.ecn = true});
  tcp.receive({.payload = "a", .marked = true}).expect({.ack = 2, .flags = ack | ece});
  tcp.receive({.payload = "b"}).expect({.ack = 3, .flags = ack | ece});
  tcp.write("x").expect({.seq = 1, .flags = ack | ece});
  tcp.receive({.ack = 2, .flags = ack | cwr, .payload = "c"}).expect({.ack = 4, .flags = ack});
  // A mark on that very segment is a new one.
  tcp.receive({.flags = ack | cwr, .payload = "d", .marked = true});
  tcp.expect({.ack = 5, .flags = ack | ece});
}

TEST(TcpEcn, AMarkIsEchoedAtOnce) {
  auto tcp = Transcript::established({.ecn = true});
  for (uint32_t i = 0; i < 16; ++i) tcp.receive({.payload = "q"}).pass_over();
  tcp.receive({.payload = "q"}).expect_silence();
  tcp.receive({.payload = "q", .marked = true}).expect({.flags = ack | ece});
}

// 6.1.2: as a loss, once a round trip, and the next new data says so.
TEST(TcpEcn, AnEchoReducesTheWindowOnce) {
  auto tcp = Transcript::established({.ecn = true});
  tcp.write_bytes(20'000).expect_bytes({1, 10'001}, 1000);
  tcp.receive({.ack = 1001, .flags = ack | ece}).expect_silence();
  EXPECT_EQ(tcp.connection().congestion().window_bytes(), 7000u);
  tcp.receive({.ack = 2001, .flags = ack | ece}).receive({.ack = 3001, .flags = ack | ece});
  EXPECT_EQ(tcp.connection().congestion().window_bytes(), 7000u);
  tcp.receive({.ack = 4001, .flags = ack | ece}).expect({.seq = 10'001, .flags = ack | cwr});
  tcp.acknowledge(5001).expect({.seq = 11'001, .flags = ack});
  tcp.acknowledge(10'001).pass_over();
  tcp.receive({.ack = 12'001, .flags = ack | ece}).pass_over();
  EXPECT_LT(tcp.connection().congestion().window_bytes(), 5500u);
}

TEST(TcpEcn, WithoutItAnEchoIsNothing) {
  auto tcp = Transcript::established({});
  tcp.write_bytes(10'000).pass_over().receive({.ack = 1001, .flags = ack | ece});
  EXPECT_GE(tcp.connection().congestion().window_bytes(), 10'000u);
  tcp.receive({.payload = "x", .marked = true}).expect({.flags = ack});
}

}  // namespace
}  // namespace weft
