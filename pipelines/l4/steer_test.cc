#include "pipelines/l4/steer.h"

#include <gtest/gtest.h>

#include "tests/path.h"

namespace weft {
namespace {

using test::ethernet;
using test::Path;
using test::SnapshotBuilder;

SnapshotBuilder two_workers() {
  SnapshotBuilder b;
  b.cluster("web", {{"10.0.2.1", 8080}, {"10.0.2.2", 8080}});
  b.listener("203.0.113.10", 80, Protocol::tcp, Forward::nat, "web");
  b.workers(2);
  return b;
}

TEST(Steer, ExactlyOneWorkerKeepsAPacketAndTheOtherHandsItThere) {
  Path zero(two_workers(), {1024, 1024}, 0);
  Path one(two_workers(), {1024, 1024}, 1);
  int kept_by_zero = 0;
  for (uint16_t port = 1000; port < 1200; ++port) {
    const auto syn =
        ethernet().ipv4("10.9.0.1", "203.0.113.10").tcp(port, 80, tcp_flag::syn).build();
    const auto at_zero = zero.send(syn);
    const auto at_one = one.send(syn);
    ASSERT_NE(at_zero.verdict == Verdict::hand_off, at_one.verdict == Verdict::hand_off);
    if (at_zero.verdict == Verdict::hand_off) {
      EXPECT_EQ(at_zero.target, 1);
    } else {
      EXPECT_EQ(at_one.target, 0);
      ++kept_by_zero;
    }
  }
  EXPECT_NEAR(kept_by_zero, 100, 40);
}

TEST(Steer, TheReplyMeetsItsFlow) {
  Path zero(two_workers(), {1024, 1024}, 0);
  Path one(two_workers(), {1024, 1024}, 1);
  for (uint16_t port = 1000; port < 1100; ++port) {
    const auto syn = ethernet().ipv4("192.0.2.9", "203.0.113.10").tcp(port, 80, tcp_flag::syn);
    Path& owner = zero.send(syn).verdict == Verdict::hand_off ? one : zero;
    const auto endpoint = owner.send(syn).frame.destination;
    const auto reply = ethernet().ipv4(endpoint, "192.0.2.9").tcp(8080, port, tcp_flag::ack);
    EXPECT_EQ(owner.send(reply).verdict, Verdict::transmit);
    Path& other = &owner == &zero ? one : zero;
    EXPECT_EQ(other.send(reply).verdict, Verdict::hand_off);
  }
}

TEST(Steer, AnIcmpErrorGoesToTheWorkerOfTheFlowItQuotes) {
  Path zero(two_workers(), {1024, 1024}, 0);
  for (uint16_t port = 1000; port < 1100; ++port) {
    const auto syn = ethernet().ipv4("192.0.2.9", "203.0.113.10").tcp(port, 80, tcp_flag::syn);
    const auto sent = ethernet().ipv4("203.0.113.10", "192.0.2.9").tcp(80, port, tcp_flag::ack);
    const auto error =
        ethernet().ipv4("198.51.100.1", "203.0.113.10").icmp(3, 4, 1400).payload(sent.build_ip());
    EXPECT_EQ(zero.send(error).verdict == Verdict::hand_off,
              zero.send(syn).verdict == Verdict::hand_off);
  }
}

}  // namespace
}  // namespace weft
