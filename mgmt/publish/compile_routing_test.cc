#include "mgmt/publish/compile_routing.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "mgmt/publish/desired_for_tests.h"

namespace weft::mgmt {
namespace {

using test::Compiler;
using test::ip;
using test::mac;
using test::prefix;
using test::record;
using test::small_mesh;

std::vector<uint8_t> link_header(const NextHop& hop) {
  std::vector<uint8_t> bytes;
  for (uint32_t i = 0; i < hop.link_header_bytes; ++i) {
    bytes.push_back(static_cast<uint8_t>(hop.link_header[i]));
  }
  return bytes;
}

const NextHop& hop_of(const Snapshot& snapshot, uint32_t slot) {
  return snapshot.routing->next_hops[record(snapshot, slot).next_hop];
}

TEST(CompileRouting, AnEndpointOnLinkIsItsOwnNeighbour) {
  Compiler compile;
  const NextHop& hop = hop_of(compile(small_mesh()), 2);
  EXPECT_EQ(link_header(hop),
            (std::vector<uint8_t>{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 0xfe, 0x08, 0x00}));
  EXPECT_EQ(hop.interface, 0);
  EXPECT_EQ(hop.mtu_bytes, 1500);
}

TEST(CompileRouting, AnInterfaceWithAVlanTagsItsFrames) {
  Desired desired = small_mesh();
  desired.interfaces[0].vlan = 120;
  Compiler compile;
  EXPECT_EQ(link_header(hop_of(compile(desired), 2)),
            (std::vector<uint8_t>{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 0xfe, 0x81, 0x00, 0, 120, 0x08,
                                  0x00}));
}

TEST(CompileRouting, AnEndpointBehindAGatewayGoesThroughIt) {
  Desired desired = small_mesh();
  desired.clusters.push_back(test::cluster(7, 2));  // 10.0.7.1, 10.0.7.2: default route
  Compiler compile;
  const Snapshot& snapshot = compile(desired);
  EXPECT_EQ(record(snapshot, 701).next_hop, record(snapshot, 1).next_hop) << "10.0.0.1 is both";
  EXPECT_EQ(record(snapshot, 702).next_hop, record(snapshot, 1).next_hop);
}

TEST(CompileRouting, TheLongestRouteThenTheLowestMetricWins) {
  Desired desired = small_mesh();
  desired.clusters.push_back(test::cluster(7, 1));
  desired.kernel.routes.push_back({.to = prefix("10.0.7.0/24"), .gateway = ip("10.0.0.2")});
  desired.kernel.routes.push_back(
      {.to = prefix("10.0.7.0/24"), .gateway = ip("10.0.0.9"), .metric = 5});
  Compiler compile;
  EXPECT_EQ(link_header(hop_of(compile(desired), 701))[5], 2);
}

TEST(CompileRouting, WithoutARouteThereIsNoWay) {
  Desired desired = small_mesh();
  desired.kernel.routes.clear();
  Compiler compile;
  const Snapshot& snapshot = compile(desired);
  EXPECT_EQ(record(snapshot, 1).next_hop, 0u);
  EXPECT_EQ(record(snapshot, 1).path_mtu_bytes, 0);
  EXPECT_EQ(snapshot.routing->next_hops[0], NextHop{});
}

TEST(CompileRouting, ALinkThatIsDownGivesItsRoutesToOthers) {
  Desired desired = small_mesh();
  desired.interfaces.push_back({.name = "spare", .addresses = {{ip("10.1.0.254"), 24}}});
  desired.kernel.links.push_back({.interface = 1, .mac = mac(0xfd), .mtu_bytes = 9000, .up = true});
  desired.kernel.routes.push_back(
      {.to = prefix("10.0.0.0/24"), .interface = 1, .gateway = ip("10.1.0.1"), .metric = 9});
  Compiler compile;
  EXPECT_EQ(hop_of(compile(desired), 2).interface, 0);
  desired.kernel.links[0].up = false;
  const Snapshot& snapshot = compile(desired);
  EXPECT_EQ(hop_of(snapshot, 2).interface, 1);
  EXPECT_EQ(record(snapshot, 2).source, ip("10.1.0.254"));
  EXPECT_EQ(record(snapshot, 2).path_mtu_bytes, 1500) << "of the settings' default";
  const uint32_t* old = snapshot.routing->neighbours.find({0, ip("10.0.0.2")});
  ASSERT_NE(old, nullptr);
  EXPECT_EQ(snapshot.routing->next_hops[*old].link_header_bytes, 0) << "nothing leaves there";
}

TEST(CompileRouting, ThePathMtuIsTheSmallestOnTheWay) {
  Desired desired = small_mesh();
  Compiler compile;
  desired.kernel.routes[1].mtu_bytes = 1400;
  EXPECT_EQ(record(compile(desired), 1).path_mtu_bytes, 1400);
  desired.kernel.links[0].mtu_bytes = 1300;
  EXPECT_EQ(record(compile(desired), 1).path_mtu_bytes, 1300);
  desired.interfaces[0].mtu_bytes = 1200;
  EXPECT_EQ(record(compile(desired), 1).path_mtu_bytes, 1200);
  desired.interfaces[0].mtu_bytes = desired.kernel.links[0].mtu_bytes = 70'000;
  desired.kernel.routes[1].mtu_bytes = 0;
  EXPECT_EQ(record(compile(desired), 1).path_mtu_bytes, 65535);
}

TEST(CompileRouting, TunnelsComeFromSourceAddressesIfThereAreSome) {
  Desired desired = small_mesh();
  desired.interfaces[0].source_addresses = {prefix("fd00::/64"), prefix("10.0.0.240/29")};
  Compiler compile;
  const Snapshot& snapshot = compile(desired);
  EXPECT_EQ(record(snapshot, 1).source, ip("10.0.0.240"));
  EXPECT_EQ(record(snapshot, 1).source_host_bits, 3);
  EXPECT_TRUE(record(snapshot, 1).source_is_workers);
  EXPECT_EQ(snapshot.routing->icmp_sources[0].v4, ip("10.0.0.254"));
}

TEST(CompileRouting, RoutersAnswersComeFromTheFirstAddressOfTheirFamily) {
  Desired desired = small_mesh();
  desired.kernel.links[0].addresses = {ip("fe80::1"), ip("fd00:0:0:1::7"), ip("10.0.0.253")};
  {
    Compiler compile;
    const Snapshot& snapshot = compile(desired);
    EXPECT_EQ(snapshot.routing->icmp_sources[0].v4, ip("10.0.0.254")) << "as configured";
    EXPECT_EQ(snapshot.routing->icmp_sources[0].v6, ip("fd00:0:0:1::7")) << "as the kernel has it";
  }
  desired.interfaces[0].addresses.push_back({ip("fd00::254"), 64});
  Compiler compile;
  EXPECT_EQ(compile(desired).routing->icmp_sources[0].v6, ip("fd00::254"));
}

TEST(CompileRouting, ASourceIsOfTheEndpointsFamily) {
  Desired desired = small_mesh();
  desired.interfaces[0].addresses.push_back({ip("fd00::fe"), 64});
  desired.kernel.routes.push_back({.to = prefix("fd00::/64")});
  desired.kernel.routes.push_back({.to = prefix("fd01::/64"), .gateway = ip("fd00::1")});
  desired.clusters[0].endpoints[0].address = ip("fd00::7");
  desired.clusters[0].endpoints[1].address = ip("fd01::7");
  Compiler compile;
  const Snapshot& own = compile(desired);
  EXPECT_EQ(record(own, 1).source, ip("fd00::fe"));
  EXPECT_FALSE(record(own, 1).source_is_workers);
  EXPECT_TRUE(record(own, 1).on_link);
  EXPECT_FALSE(record(own, 2).on_link) << "behind a router";
  EXPECT_EQ(record(own, 3).source, ip("10.0.0.254"));
  desired.interfaces[0].source_addresses = {prefix("fd00::ff00:0/104")};
  const Snapshot& workers = compile(desired);
  EXPECT_EQ(record(workers, 1).source, ip("fd00::ff00:0"));
  EXPECT_EQ(record(workers, 1).source_host_bits, 12) << "as many as a flow can tell apart";
  EXPECT_EQ(record(workers, 3).source, ip("10.0.0.254"));
}

TEST(CompileRouting, AnUnknownNeighbourIsUnresolvedUntilTheKernelKnowsIt) {
  Desired desired = small_mesh();
  Compiler compile;
  compile(desired);
  const auto before = compile.snapshot();
  const uint32_t hop = record(*before, 3).next_hop;
  EXPECT_NE(hop, 0u);
  EXPECT_EQ(before->routing->next_hops[hop].link_header_bytes, 0);
  desired.kernel.neighbours.push_back({.address = ip("10.0.0.3"), .mac = mac(3)});
  const Snapshot& after = compile(desired);
  EXPECT_EQ(after.routing->next_hops[hop].link_header_bytes, 14);
  EXPECT_EQ(after.endpoints, before->endpoints) << "the record has its index already";
}

TEST(CompileRouting, ANeighbourThatTheKernelForgetsKeepsItsIndexWhileAnEndpointNeedsIt) {
  Desired desired = small_mesh();
  Compiler compile;
  compile(desired);
  const auto before = compile.snapshot();
  desired.kernel.neighbours.clear();
  const Snapshot& after = compile(desired);
  EXPECT_EQ(after.endpoints, before->endpoints);
  EXPECT_EQ(hop_of(after, 1).link_header_bytes, 0);
}

TEST(CompileRouting, AnIndexNobodyNeedsGoesToAnother) {
  Desired desired = small_mesh();
  desired.kernel.neighbours.push_back({.address = ip("10.0.0.77"), .mac = mac(7)});
  Compiler compile;
  compile(desired);
  const auto before = compile.snapshot();
  const uint32_t freed = *before->routing->neighbours.find({0, ip("10.0.0.77")});
  desired.kernel.neighbours.pop_back();
  const auto without = (compile(desired), compile.snapshot());
  EXPECT_EQ(without->routing->neighbours.find({0, ip("10.0.0.77")}), nullptr);
  desired.kernel.neighbours.push_back({.address = ip("10.0.0.88"), .mac = mac(8)});
  const Snapshot& after = compile(desired);
  EXPECT_EQ(*after.routing->neighbours.find({0, ip("10.0.0.88")}), freed);
  EXPECT_EQ(after.endpoints, before->endpoints);
}

TEST(CompileRouting, NoTwoNeighboursShareAnIndex) {
  Desired desired = small_mesh(20);
  Compiler compile;
  for (uint32_t step = 0; step < 40; ++step) {
    desired.kernel.neighbours = {
        {.address = test::endpoint(0, 100 + step).address, .mac = mac(1)},
        {.address = test::endpoint(0, 1 + step % 20).address, .mac = mac(2)}};
    desired.clusters[0].endpoints.clear();
    for (uint32_t n = 0; n < 5 + step % 10; ++n) {
      desired.clusters[0].endpoints.push_back(test::endpoint(0, 1 + step + n));
    }
    const Snapshot& snapshot = compile(desired);
    std::set<uint32_t> indexes;
    snapshot.routing->neighbours.for_each([&](const Neighbour&, uint32_t at) {
      EXPECT_TRUE(indexes.insert(at).second);
      EXPECT_GT(at, 0u);
      EXPECT_LT(at, snapshot.routing->next_hops.size());
    });
    for (const DesiredEndpoint& endpoint : desired.clusters[0].endpoints) {
      const uint32_t* at = snapshot.routing->neighbours.find({0, endpoint.address});
      ASSERT_NE(at, nullptr);
      EXPECT_EQ(record(snapshot, index(endpoint.id.slot)).next_hop, *at);
    }
    EXPECT_LT(snapshot.routing->next_hops.size(), 60u) << "freed ones are used again";
  }
}

TEST(CompileRouting, ASixthVersionNeighbourHasItsEtherType) {
  Desired desired = small_mesh();
  desired.kernel.neighbours.push_back({.address = ip("fd00::1"), .mac = mac(6)});
  Compiler compile;
  const Snapshot& snapshot = compile(desired);
  const auto header = link_header(
      snapshot.routing->next_hops[*snapshot.routing->neighbours.find({0, ip("fd00::1")})]);
  EXPECT_EQ(header[12], 0x86);
  EXPECT_EQ(header[13], 0xdd);
}

}  // namespace
}  // namespace weft::mgmt
