#include "mgmt/publish/compile_endpoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "mgmt/publish/desired_for_tests.h"

namespace weft::mgmt {
namespace {

using test::Compiler;
using test::ip;
using test::prefix;
using test::record;
using test::small_mesh;
using testing::ElementsAre;

constexpr EndpointSlot slot(uint32_t n) {
  return EndpointSlot{n};
}

TEST(CompileEndpoints, ARecordSaysWhereAndHow) {
  Desired desired = small_mesh();
  desired.clusters[0].on_endpoint_down = OnEndpointDown::move;
  Compiler compile;
  const Snapshot& snapshot = compile(desired);
  const EndpointRecord& one = record(snapshot, 1);
  EXPECT_EQ(one.address, ip("10.0.0.1"));
  EXPECT_EQ(one.port.host(), 8080);
  EXPECT_EQ(one.cluster, ClusterSlot{0});
  EXPECT_EQ(one.on_down, OnEndpointDown::move);
  EXPECT_EQ(one.path_mtu_bytes, 1500);
  EXPECT_EQ(one.source, ip("10.0.0.254"));
  EXPECT_GT(snapshot.routing->next_hops[one.next_hop].link_header_bytes, 0);
  EXPECT_TRUE(snapshot.endpoints->present(slot(1)));
  EXPECT_FALSE(snapshot.endpoints->present(slot(0)));
  EXPECT_FALSE(snapshot.endpoints->present(slot(5000)));
}

TEST(CompileEndpoints, AClusterPicksAmongItsEndpointsByWeight) {
  Desired desired = small_mesh(2);
  desired.clusters[0].endpoints[1].weight = 2;
  Compiler compile;
  const ClusterRecord& cluster = *compile(desired).endpoints->clusters[0];
  EXPECT_THAT(cluster.endpoints, ElementsAre(slot(1), slot(2)));
  ASSERT_EQ(cluster.maglev->slots().size(), 1021u);
  EXPECT_EQ(std::ranges::count(cluster.maglev->slots(), 1), 681);
}

TEST(CompileEndpoints, WeightZeroKeepsItsRecordAndTakesNothing) {
  Desired desired = small_mesh(2);
  desired.clusters[0].endpoints[0].weight = 0;
  Compiler compile;
  const Snapshot& snapshot = compile(desired);
  EXPECT_TRUE(snapshot.endpoints->present(slot(1)));
  EXPECT_THAT(snapshot.endpoints->clusters[0]->endpoints, ElementsAre(slot(2)));
  desired.clusters[0].endpoints[1].weight = 0;
  const ClusterRecord& nobody = *compile(desired).endpoints->clusters[0];
  EXPECT_EQ(nobody.maglev, nullptr);
  EXPECT_TRUE(nobody.endpoints.empty());
}

TEST(CompileEndpoints, SlotsAreAsConfiguredOrByTheNumberOfEndpoints) {
  Desired desired = small_mesh(11);
  Compiler compile;
  EXPECT_EQ(compile(desired).endpoints->clusters[0]->maglev->slots().size(), 4093u);
  desired.clusters[0].endpoints[0].weight = 0;
  EXPECT_EQ(compile(desired).endpoints->clusters[0]->maglev->slots().size(), 4093u)
      << "a weight does not cross a step";
  desired.clusters[0].maglev_slots = 65521;
  EXPECT_EQ(compile(desired).endpoints->clusters[0]->maglev->slots().size(), 65521u);
  desired.clusters[0].maglev_slots = 11;
  EXPECT_EQ(compile(desired).endpoints->clusters[0]->maglev->slots().size(), 4093u)
      << "too few for a set that grew";
}

TEST(CompileEndpoints, ADrainingEndpointKeepsItsRecordOnly) {
  Desired desired = small_mesh(3);
  Compiler compile;
  compile(desired);
  const auto before = compile.snapshot();
  desired.clusters[0].endpoints.pop_back();
  desired.draining = {slot(3)};
  const Snapshot& snapshot = compile(desired);
  EXPECT_TRUE(snapshot.endpoints->present(slot(3)));
  EXPECT_EQ(record(snapshot, 3), record(*before, 3));
  EXPECT_THAT(snapshot.endpoints->clusters[0]->endpoints, ElementsAre(slot(1), slot(2)));
  EXPECT_TRUE(snapshot.endpoints->records.shares_page(before->endpoints->records, 3));
}

QuicServerId server_id(uint8_t last) {
  return QuicServerId(std::array{std::byte{0xc4}, std::byte{last}});
}

const EndpointSlot* found(const Snapshot& snapshot, uint8_t last) {
  return snapshot.endpoints->clusters[0]->server_ids.find(server_id(last));
}

TEST(CompileEndpoints, AnAdoptedEndpointHasARecordAndNoPartInTheTable) {
  Desired desired = small_mesh(10);
  Compiler compile;
  const auto before = compile(desired).endpoints->clusters[0];
  const DesiredEndpoint adopted{.id = {slot(99), 1}, .address = ip("10.0.0.99"), .port = 8080};
  desired.clusters[0].adopted = {adopted};
  desired.draining = {slot(99)};
  {
    const Snapshot& snapshot = compile(desired);
    EXPECT_TRUE(snapshot.endpoints->present(slot(99)));
    EXPECT_EQ(record(snapshot, 99).address, ip("10.0.0.99"));
    EXPECT_EQ(record(snapshot, 99).cluster, ClusterSlot{0});
    EXPECT_EQ(snapshot.endpoints->clusters[0], before);
  }
  desired.clusters[0].on_endpoint_down = OnEndpointDown::keep;
  EXPECT_EQ(record(compile(desired), 99).on_down, OnEndpointDown::keep);
  desired.clusters[0].adopted.clear();
  desired.draining.clear();
  EXPECT_FALSE(compile(desired).endpoints->present(slot(99)));
}

TEST(CompileEndpoints, AServerIsFoundByItsIdAlsoWithWeightZero) {
  Desired desired = small_mesh(3);
  desired.clusters[0].endpoints[0].server_id = server_id(1);
  desired.clusters[0].endpoints[1].server_id = server_id(2);
  desired.clusters[0].endpoints[1].weight = 0;
  Compiler compile;
  const Snapshot& snapshot = compile(desired);
  EXPECT_EQ(*found(snapshot, 1), slot(1));
  EXPECT_EQ(*found(snapshot, 2), slot(2));
  EXPECT_EQ(snapshot.endpoints->clusters[0]->server_ids.size(), 2u);
}

TEST(CompileEndpoints, OtherServerIdsAreTakenWithoutAnotherTable) {
  Desired desired = small_mesh(3);
  desired.clusters[0].endpoints[0].server_id = server_id(1);
  Compiler compile;
  compile(desired);
  const auto before = compile.snapshot();
  desired.clusters[0].endpoints[0].server_id = server_id(9);
  const Snapshot& snapshot = compile(desired);
  EXPECT_EQ(found(snapshot, 1), nullptr);
  EXPECT_EQ(*found(snapshot, 9), slot(1));
  EXPECT_EQ(snapshot.endpoints->clusters[0]->maglev, before->endpoints->clusters[0]->maglev);
}

TEST(CompileEndpoints, ADrainingServerIsFoundUntilAnotherOneHasItsId) {
  Desired desired = small_mesh(3);
  for (uint32_t i = 0; i < 3; ++i) {
    desired.clusters[0].endpoints[i].server_id = server_id(static_cast<uint8_t>(i + 1));
  }
  Compiler compile;
  compile(desired);
  desired.clusters[0].endpoints.pop_back();
  desired.draining = {slot(3)};
  EXPECT_EQ(*found(compile(desired), 3), slot(3));
  desired.clusters[0].endpoints[0].weight = 5;
  EXPECT_EQ(*found(compile(desired), 3), slot(3)) << "a second generation on";
  desired.clusters[0].endpoints[1].server_id = server_id(3);
  EXPECT_EQ(*found(compile(desired), 3), slot(2));
  desired.draining = {};
  desired.clusters[0].endpoints[1].server_id = server_id(2);
  EXPECT_EQ(found(compile(desired), 3), nullptr) << "it is gone";
}

TEST(CompileEndpoints, ADrainingEndpointFollowsTheRoutes) {
  Desired desired = small_mesh(3);
  Compiler compile;
  compile(desired);
  desired.clusters[0].endpoints.pop_back();
  desired.draining = {slot(3)};
  desired.kernel.routes[1].mtu_bytes = 1400;
  EXPECT_EQ(record(compile(desired), 3).path_mtu_bytes, 1400);
}

TEST(CompileEndpoints, AClusterKnowsWhatReachesEachOfItsEndpoints) {
  Desired desired = small_mesh(3);
  Compiler compile;
  const auto least_bytes = [&] {
    return compile(desired).endpoints->least_path_mtu_bytes(ClusterSlot{0});
  };
  EXPECT_EQ(least_bytes(), 1500);
  desired.kernel.routes.push_back(
      {.to = prefix("10.0.0.3/32"), .gateway = ip("10.0.0.2"), .mtu_bytes = 1400});
  EXPECT_EQ(least_bytes(), 1400) << "the routes changed";
  desired.clusters[0].endpoints.pop_back();
  EXPECT_EQ(least_bytes(), 1500) << "the set changed";
  desired.kernel.routes.clear();
  EXPECT_EQ(least_bytes(), 0) << "nobody knows a way";
  desired.kernel.routes.push_back(
      {.to = prefix("10.0.0.1/32"), .gateway = ip("10.0.0.2"), .mtu_bytes = 1300});
  EXPECT_EQ(least_bytes(), 1300) << "of those to which there is a way";
  EXPECT_EQ(compile(desired).endpoints->least_path_mtu_bytes(ClusterSlot{9}), 0);
}

TEST(CompileEndpoints, AnEndpointThatIsGoneHasNoClusterButItsAddress) {
  Desired desired = small_mesh(3);
  Compiler compile;
  compile(desired);
  desired.clusters[0].endpoints.pop_back();
  desired.draining = {slot(3)};
  compile(desired);
  desired.draining.clear();
  const Snapshot& snapshot = compile(desired);
  EXPECT_FALSE(snapshot.endpoints->present(slot(3)));
  EXPECT_EQ(record(snapshot, 3).address, ip("10.0.0.3")) << "for flows that the sweep has not met";
  EXPECT_EQ(record(snapshot, 3).next_hop, 0u) << "looked up, as its index may go to another";
}

TEST(CompileEndpoints, AnEndpointMayGoWithoutDraining) {
  Desired desired = small_mesh(3);
  Compiler compile;
  compile(desired);
  desired.clusters[0].endpoints.pop_back();
  EXPECT_FALSE(compile(desired).endpoints->present(slot(3)));
}

TEST(CompileEndpoints, OneThatWasNeverPublishedHasNothingToKeep) {
  Desired desired = small_mesh(1);
  desired.draining = {slot(3)};
  Compiler compile;
  EXPECT_FALSE(compile(desired).endpoints->present(slot(3)));
}

TEST(CompileEndpoints, AnEndpointThatComesBackTakesFlowsAgain) {
  Desired desired = small_mesh(3);
  Compiler compile;
  compile(desired);
  Desired without = desired;
  without.clusters[0].endpoints.pop_back();
  without.draining = {slot(3)};
  compile(without);
  const Snapshot& snapshot = compile(desired);
  EXPECT_TRUE(snapshot.endpoints->present(slot(3)));
  EXPECT_EQ(snapshot.endpoints->clusters[0]->endpoints.size(), 3u);
}

TEST(CompileEndpoints, ARemovedClusterKeepsItsSlotEmpty) {
  Desired desired = small_mesh();
  desired.clusters.push_back(test::cluster(1, 2));
  Compiler compile;
  compile(desired);
  desired.clusters.pop_back();
  desired.draining = {slot(101)};
  const Snapshot& snapshot = compile(desired);
  ASSERT_EQ(snapshot.endpoints->clusters.size(), 2u);
  EXPECT_EQ(snapshot.endpoints->clusters[1], nullptr);
  EXPECT_TRUE(snapshot.endpoints->present(slot(101)));
  EXPECT_FALSE(snapshot.endpoints->present(slot(102)));
}

TEST(CompileEndpoints, ASlotOfANewGenerationIsAnotherCluster) {
  Desired desired = small_mesh(2);
  Compiler compile;
  compile(desired);
  const auto before = compile.snapshot();
  desired.clusters[0] = {.id = {ClusterSlot{0}, 2}, .endpoints = {test::endpoint(5, 1)}};
  const Snapshot& snapshot = compile(desired);
  EXPECT_THAT(snapshot.endpoints->clusters[0]->endpoints, ElementsAre(slot(501)));
  EXPECT_FALSE(snapshot.endpoints->present(slot(1)));
  EXPECT_TRUE(snapshot.endpoints->present(slot(501)));
}

TEST(CompileEndpoints, WhatToDoWhenAnEndpointDiesChangesTheRecordsOnly) {
  Desired desired = small_mesh();
  Compiler compile;
  compile(desired);
  const auto before = compile.snapshot();
  desired.clusters[0].on_endpoint_down = OnEndpointDown::keep;
  const Snapshot& snapshot = compile(desired);
  EXPECT_EQ(record(snapshot, 1).on_down, OnEndpointDown::keep);
  EXPECT_EQ(snapshot.endpoints->clusters[0], before->endpoints->clusters[0]);
}

TEST(CompileEndpoints, AnotherSeedIsAnotherTable) {
  Desired desired = small_mesh();
  Compiler compile;
  compile(desired);
  const auto before = compile.snapshot();
  desired.hash_seed = 8;
  const Snapshot& snapshot = compile(desired);
  EXPECT_FALSE(std::ranges::equal(snapshot.endpoints->clusters[0]->maglev->slots(),
                                  before->endpoints->clusters[0]->maglev->slots()));
  EXPECT_EQ(snapshot.policy->hash_seed, 8u);
}

TEST(CompileEndpoints, TheTableBeforeAChangeIsUsedAgainAndGoes) {
  Desired desired = small_mesh();
  Compiler compiler;
  compiler(desired);
  const auto before = compiler.snapshot();
  const DesiredCluster had = desired.clusters[0];
  desired.clusters[0].endpoints.pop_back();
  desired.draining = {slot(3)};
  desired.clusters[0].previous =
      std::make_shared<const DesiredTable>(DesiredTable{had.maglev_slots, had.endpoints});
  const auto changed = compiler(desired).endpoints->clusters[0];
  ASSERT_NE(changed->previous, nullptr);
  EXPECT_EQ(changed->previous->maglev, before->endpoints->clusters[0]->maglev);
  EXPECT_THAT(changed->previous->endpoints, ElementsAre(slot(1), slot(2), slot(3)));
  EXPECT_THAT(changed->endpoints, ElementsAre(slot(1), slot(2)));
  // Another change: the same one is still the table of a while ago.
  desired.clusters[0].endpoints.pop_back();
  desired.draining = {slot(2), slot(3)};
  const auto again = compiler(desired).endpoints->clusters[0];
  EXPECT_EQ(again->previous, changed->previous);
  desired.clusters[0].previous = nullptr;
  const auto after = compiler(desired).endpoints->clusters[0];
  EXPECT_EQ(after->previous, nullptr);
  EXPECT_EQ(after->maglev, again->maglev);
}

TEST(CompileEndpoints, ATableThatWasNeverBuiltIsBuilt) {
  Desired desired = small_mesh();
  const DesiredCluster had = desired.clusters[0];
  desired.clusters[0].endpoints.pop_back();
  desired.clusters[0].previous =
      std::make_shared<const DesiredTable>(DesiredTable{had.maglev_slots, had.endpoints});
  Compiler compiler;
  const auto record = compiler(desired).endpoints->clusters[0];
  Compiler other;
  EXPECT_TRUE(std::ranges::equal(record->previous->maglev->slots(),
                                 other(small_mesh()).endpoints->clusters[0]->maglev->slots()));
}

TEST(CompileEndpoints, ARecordHasTheLimitOfItsCluster) {
  Desired desired = small_mesh();
  Compiler compiler;
  EXPECT_EQ(record(compiler(desired), 1).flows_max, 0u);
  desired.clusters[0].endpoint_flows_max = 100;
  EXPECT_EQ(record(compiler(desired), 1).flows_max, 100u);
}

TEST(CompileEndpoints, ARecordSaysThroughWhichListenerItIsProbedAlsoWhileItDrains) {
  test::Compiler compiler;
  Desired desired = small_mesh();
  EXPECT_EQ(record(compiler(desired), 1).probed_through, none<ListenerSlot>);
  desired.clusters[0].probed_through = ListenerSlot{0};
  EXPECT_EQ(record(compiler(desired), 1).probed_through, ListenerSlot{0});
  desired.clusters.clear();
  desired.draining = {EndpointSlot{1}};
  EXPECT_EQ(record(compiler(desired), 1).probed_through, ListenerSlot{0});
}

}  // namespace
}  // namespace weft::mgmt
