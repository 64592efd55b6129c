#include "pipelines/l4/match_listener.h"

#include <gtest/gtest.h>

#include "tests/path.h"

namespace weft {
namespace {

using test::ethernet;
using test::Path;
using test::SnapshotBuilder;

// Each listener has a cluster of one endpoint, which tells which listener was matched.
SnapshotBuilder nested_listeners() {
  SnapshotBuilder b;
  for (const char* name : {"host", "range", "narrow", "net", "wide", "udp"}) {
    static int n = 0;
    b.cluster(name, {{"10.0.2." + std::to_string(n++ % 6 + 1), 8080}});
  }
  b.listener("203.0.113.10", 80, Protocol::tcp, Forward::ipip, "host");
  b.listener("203.0.113.10", 1000, Protocol::tcp, Forward::ipip, "range", HashOn::five_tuple, 2000);
  b.listener("203.0.113.10", 1500, Protocol::tcp, Forward::ipip, "narrow", HashOn::five_tuple,
             1600);
  b.listener("203.0.113.0/24", 80, Protocol::tcp, Forward::ipip, "net");
  b.listener("203.0.112.0/22", 1, Protocol::tcp, Forward::ipip, "wide", HashOn::five_tuple, 65535);
  b.listener("203.0.113.10", 80, Protocol::udp, Forward::ipip, "udp");
  return b;
}

TEST(MatchListener, TheMostSpecificListenerWins) {
  Path path(nested_listeners());
  const auto reached = [&](const char* address, uint16_t port) {
    return path.send(ethernet().ipv4("10.9.0.1", address).tcp(1, port, tcp_flag::syn))
        .frame.destination;
  };
  EXPECT_EQ(reached("203.0.113.10", 80), "10.0.2.1");
  EXPECT_EQ(reached("203.0.113.10", 1000), "10.0.2.2");
  EXPECT_EQ(reached("203.0.113.10", 1550), "10.0.2.3");
  EXPECT_EQ(reached("203.0.113.10", 2000), "10.0.2.2");
  EXPECT_EQ(reached("203.0.113.11", 80), "10.0.2.4");
  EXPECT_EQ(reached("203.0.113.10", 2001), "10.0.2.5");
  EXPECT_EQ(reached("203.0.115.1", 9), "10.0.2.5");
  EXPECT_EQ(path.send(ethernet().ipv4("10.9.0.1", "203.0.113.10").udp(1, 80)).frame.destination,
            "10.0.2.6");
}

TEST(MatchListener, OfIcmpOnlyEchoToAListenerIsTaken) {
  Path path(nested_listeners());
  const auto icmp = [](uint8_t type) {
    return ethernet().ipv4("10.9.0.1", "203.0.113.10").icmp(type, 0);
  };
  EXPECT_EQ(path.send(icmp(8)).verdict, Verdict::hold) << "answered; the neighbour is not known";
  EXPECT_EQ(name(path.send(icmp(13)).drop), name(Drop::protocol_unsupported));
  EXPECT_EQ(name(path.send(icmp(17)).drop), name(Drop::protocol_unsupported));
}

TEST(MatchListener, KernelFramesGoToTheTwin) {
  Path path(nested_listeners());
  EXPECT_EQ(
      path.send(ethernet().to("ff:ff:ff:ff:ff:ff").ether_type(0x0806).payload_bytes(28)).verdict,
      Verdict::twin);
}

}  // namespace
}  // namespace weft
