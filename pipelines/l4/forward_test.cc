#include "pipelines/l4/forward.h"

#include <gtest/gtest.h>

#include "tests/path.h"

namespace weft {
namespace {

using test::ethernet;
using test::Path;
using test::SnapshotBuilder;

SnapshotBuilder configuration() {
  SnapshotBuilder b;
  b.cluster("web", {{"10.0.2.1", 8080}});
  b.listener("203.0.113.10", 80, Protocol::tcp, Forward::nat, "web");
  return b;
}

TEST(Forward, CountsBothDirectionsForListenerAndEndpoint) {
  Path path(configuration());
  path.send(ethernet().ipv4("192.0.2.1", "203.0.113.10").tcp(1, 80, tcp_flag::syn));
  path.send(ethernet().ipv4("10.0.2.1", "192.0.2.1").tcp(8080, 1, 0x12).payload("1234"));
  EXPECT_EQ(path.counters.listeners[0].packets.read(), 2u);
  EXPECT_EQ(path.counters.listeners[0].bytes.read(), 40u + 44u);
  EXPECT_EQ(path.counters.endpoints[0].packets.read(), 2u);
  EXPECT_EQ(path.counters.endpoints[0].flows.read(), 1u);
  EXPECT_EQ(path.counters.listeners[0].flows.read(), 1u);
}

TEST(Forward, ThePacketOnItsLastHopIsAnsweredFromTheInterface) {
  Path path(configuration());
  const auto out =
      path.send(ethernet().ipv4("192.0.2.1", "203.0.113.10").ttl(1).tcp(1, 80, tcp_flag::syn));
  EXPECT_EQ(name(out.drop), name(Drop::ttl_expired));
  EXPECT_EQ(path.counters.listeners[0].drops.read(), 1u);
  EXPECT_EQ(out.frame.icmp_type, 11);
  EXPECT_EQ(out.frame.source, "10.0.0.254");
  EXPECT_EQ(out.frame.destination, "192.0.2.1");
}

}  // namespace
}  // namespace weft
