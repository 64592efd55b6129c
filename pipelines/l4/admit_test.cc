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

}  // namespace
}  // namespace weft
