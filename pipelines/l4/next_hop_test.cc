#include "pipelines/l4/next_hop.h"

#include <gtest/gtest.h>

#include "pipelines/l4/parse_headers.h"
#include "tests/path.h"

namespace weft {
namespace {

using test::ethernet;
using test::Path;
using test::SnapshotBuilder;

TEST(NextHop, WritesTheLinkHeaderOfTheNeighbour) {
  SnapshotBuilder b;
  b.cluster("web", {{"10.0.2.1", 8080}});
  b.listener("203.0.113.10", 80, Protocol::tcp, Forward::nat, "web");
  Path path(b);
  const auto out =
      path.send(ethernet().ipv4("192.0.2.1", "203.0.113.10").tcp(1, 80, tcp_flag::ack).pad_to(60));
  ASSERT_TRUE(out.forwarded());
  EXPECT_EQ(out.target, 0);
  EXPECT_EQ(out.frame.destination_mac, "02:00:00:00:01:00");
  EXPECT_EQ(out.frame.source_mac, "02:00:00:00:00:01");
  EXPECT_EQ(out.frame.ether_type, 0x0800);
  EXPECT_EQ(out.bytes.size(), 54u);
}

TEST(NextHop, ATagIsAddedWhereTheWayOutHasOne) {
  SnapshotBuilder b;
  b.cluster("web", {{"10.0.2.1", 8080}});
  b.listener("203.0.113.10", 80, Protocol::tcp, Forward::nat, "web");
  Path path(b);
  auto routing = std::make_shared<RoutingPart>(*path.gateway.snapshot.routing);
  for (NextHop& hop : routing->next_hops) {
    if (hop.link_header_bytes == 0) continue;
    const std::array<uint8_t, 6> tag{0x81, 0, 0, 120, 8, 0};
    std::memcpy(hop.link_header.data() + 12, tag.data(), tag.size());
    hop.link_header_bytes = 18;
  }
  path.gateway.snapshot.routing = routing;
  const auto out =
      path.send(ethernet().ipv4("192.0.2.1", "203.0.113.10").tcp(1, 80, tcp_flag::ack));
  ASSERT_TRUE(out.forwarded());
  EXPECT_TRUE(out.frame.sound()) << out.frame;
  EXPECT_EQ(out.frame.vlan_id, 120);
}

// The neighbour of an IPv6 packet may be known by its IPv4 address, and the reverse.
TEST(NextHop, TheEtherTypeIsThePacketsOwn) {
  RoutingPart routing;
  routing.next_hops.resize(2);
  routing.next_hops[1].link_header_bytes = 14;
  test::PacketPool pool;
  const auto burst = std::make_unique<Burst>();
  burst->packets[0] = pool.make(ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).build());
  burst->packets[1] = pool.make(ethernet().ipv6("fd00::1", "fd00::2").udp(1, 2).build());
  burst->start(2, 0);
  parse_headers(*burst, {});
  Decisions decisions;
  for (Decision& decision : decisions) decision.next_hop = 1;
  NeighbourWishes wishes;
  WaitingPackets waiting;
  next_hop(*burst, decisions, routing, wishes, waiting, {});
  EXPECT_EQ(test::decode(test::bytes_of(burst->packets[0])).ether_type, 0x0800);
  EXPECT_EQ(test::decode(test::bytes_of(burst->packets[1])).ether_type, 0x86dd);
  for (uint32_t i = 0; i < 2; ++i) test::free_packet(burst->packets[i]);
}

TEST(NeighbourWishes, AreBoundedAndDoNotRepeat) {
  NeighbourWishes wishes;
  for (uint32_t n = 0; n < 200; ++n) {
    wishes.ask({0, IpAddress::v4(be32(n))});
    wishes.ask({0, IpAddress::v4(be32(n))});
  }
  uint32_t taken = 0;
  while (const auto wish = wishes.take()) EXPECT_EQ(wish->address.v4().host(), taken++);
  EXPECT_EQ(taken, NeighbourWishes::wishes_max);
  wishes.ask({0, IpAddress::v4(be32(7))});
  EXPECT_TRUE(wishes.take());
}

}  // namespace
}  // namespace weft
