#include "pipelines/l4/admit.h"

#include <gtest/gtest.h>

#include "tests/path.h"

namespace weft {
namespace {

using test::ethernet;
using test::Path;
using test::SnapshotBuilder;

TEST(Admit, RefusalsSayWhoTheyComeFrom) {
  SnapshotBuilder b;
  b.cluster("web", {{"10.0.2.1", 8080}});
  b.listener("203.0.113.10", 80, Protocol::tcp, Forward::nat, "web");
  b.neighbour("10.9.0.1");
  Path path(b);
  const auto reset =
      path.send(ethernet().ipv4("10.9.0.1", "203.0.113.10").tcp(7, 81, tcp_flag::syn).sequence(99));
  EXPECT_EQ(name(reset.drop), name(Drop::no_listener));
  EXPECT_EQ(reset.frame.source, "203.0.113.10");
  EXPECT_EQ(reset.frame.source_port, 81);
  EXPECT_EQ(reset.frame.flags, tcp_flag::rst | tcp_flag::ack);
  EXPECT_EQ(reset.frame.acknowledgment, 100u);
  const auto unreachable = path.send(ethernet().ipv4("10.9.0.1", "203.0.113.10").udp(7, 53));
  EXPECT_EQ(name(unreachable.drop), name(Drop::no_listener));
  EXPECT_EQ(unreachable.frame.icmp_type, 3);
  EXPECT_EQ(unreachable.frame.icmp_code, 3);
}

SnapshotBuilder two_listeners() {
  SnapshotBuilder b;
  b.cluster("web", {{"10.0.2.1", 8080}});
  b.listener("203.0.113.10", 80, Protocol::tcp, Forward::nat, "web");
  b.listener("203.0.113.10", 443, Protocol::tcp, Forward::ipip, "web");
  return b;
}

Drop drop_of(Path& path, std::string_view source, uint16_t port = 80) {
  return path.send(ethernet().ipv4(source, "203.0.113.10").tcp(7, port, tcp_flag::syn)).drop;
}

TEST(Admit, ADeniedSourceIsDroppedAndOthersAreNot) {
  Path path(two_listeners().deny({"10.9.0.0/16", "192.0.2.7"}));
  EXPECT_EQ(drop_of(path, "10.9.0.1", 443), Drop::prefix_denied);
  EXPECT_EQ(drop_of(path, "192.0.2.7", 443), Drop::prefix_denied);
  EXPECT_EQ(drop_of(path, "10.8.0.1", 443), Drop::none);
  EXPECT_EQ(drop_of(path, "10.9.0.1", 80), Drop::none) << "only the other listener denies it";
}

TEST(Admit, WhereSomeAreAllowedOthersAreNot) {
  Path path(two_listeners().allow({"10.9.0.0/16"}).allow({"10.8.0.1"}));
  EXPECT_EQ(drop_of(path, "10.9.0.1", 443), Drop::none);
  EXPECT_EQ(drop_of(path, "10.8.0.1", 443), Drop::none);
  EXPECT_EQ(drop_of(path, "10.8.0.2", 443), Drop::prefix_denied);
  EXPECT_EQ(drop_of(path, "10.8.0.2", 80), Drop::none);
}

TEST(Admit, WhatIsDeniedIsSoThoughItIsAllowed) {
  Path path(two_listeners().allow({"10.9.0.0/16"}).deny({"10.9.0.1"}));
  EXPECT_EQ(drop_of(path, "10.9.0.1", 443), Drop::prefix_denied);
  EXPECT_EQ(drop_of(path, "10.9.0.2", 443), Drop::none);
}

TEST(Admit, ABlackholedSourceReachesNoListenerAndLosesItsFlows) {
  SnapshotBuilder b = two_listeners();
  Path path(b);
  EXPECT_EQ(drop_of(path, "10.9.0.1"), Drop::none);
  path.reconfigure(b.blackholes({"10.9.0.0/24"}));
  EXPECT_EQ(drop_of(path, "10.9.0.1", 80), Drop::blackholed);
  EXPECT_EQ(drop_of(path, "10.9.0.1", 443), Drop::blackholed);
  EXPECT_EQ(drop_of(path, "10.9.1.1", 80), Drop::none);
  const auto reply = path.send(ethernet().ipv4("10.0.2.1", "10.9.0.1").tcp(8080, 7, tcp_flag::ack));
  EXPECT_EQ(reply.drop, Drop::none) << "what an endpoint says is not asked for its source";
}

TEST(Admit, EachPacketOfABurstIsJudgedByItsOwnListener) {
  SnapshotBuilder b = two_listeners().deny({"10.9.0.1"});
  b.listener("203.0.113.10", 444, Protocol::tcp, Forward::ipip, "web").allow({"10.9.0.1"});
  Path path(b.blackholes({"10.7.0.0/16"}));
  std::vector<test::Bytes> frames;
  for (const char* source : {"10.9.0.1", "10.9.0.2", "10.7.0.1"}) {
    for (const uint16_t port : {80, 443, 444}) {
      frames.push_back(ethernet().ipv4(source, "203.0.113.10").tcp(7, port, tcp_flag::syn).build());
    }
  }
  std::vector<Drop> drops;
  for (const auto& output : path.send_burst(frames)) drops.push_back(output.drop);
  EXPECT_EQ(drops, (std::vector<Drop>{Drop::none, Drop::prefix_denied, Drop::none,  //
                                      Drop::none, Drop::none, Drop::prefix_denied,  //
                                      Drop::blackholed, Drop::blackholed, Drop::blackholed}));
}

}  // namespace
}  // namespace weft
