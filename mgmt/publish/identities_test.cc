#include "mgmt/publish/identities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace weft::mgmt {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Duration drain_max = seconds(60);

IpAddress address(uint32_t last) {
  return IpAddress::v4(be32(0x0a000200 + last));
}

// Two workers that do as their contract says, one step at a time.
struct IdentitiesTest : testing::Test {
  void adopt(uint32_t worker, uint64_t generation) {
    workers[worker].turn.snapshot_generation.set(generation);
  }
  void sweep(uint32_t worker, uint64_t generation) {
    workers[worker].turn.swept_generation.set(generation);
  }
  void adopt_and_sweep(uint64_t generation) {
    for (uint32_t worker : {0u, 1u}) {
      adopt(worker, generation);
      sweep(worker, generation);
    }
  }
  void set_flows(uint32_t worker, EndpointSlot slot, uint64_t flows) {
    workers[worker].endpoints[index(slot)].flows_active.set(flows);
  }
  bool observe() { return identities.observe(WorkerReports(pointers), now); }
  EndpointKey key(uint32_t last) { return {web.slot, address(last), 8080}; }
  EndpointSlot add(uint32_t last) { return identities.endpoint(key(last))->slot; }

  Instant now{};
  Identities identities{drain_max};
  ClusterId web = *identities.cluster("web");
  std::vector<WorkerCounters> workers = std::vector<WorkerCounters>(2);
  std::vector<const WorkerCounters*> pointers{&workers[0], &workers[1]};
};

TEST_F(IdentitiesTest, ARemovedEndpointDrainsWhileAWorkerHasAFlow) {
  const EndpointSlot slot = add(1);
  identities.settle(1);
  adopt_and_sweep(1);
  set_flows(1, slot, 1);
  identities.remove_endpoint(key(1), now);
  EXPECT_THAT(identities.settle(2), ElementsAre(slot));
  adopt_and_sweep(2);
  EXPECT_FALSE(observe());
  EXPECT_TRUE(identities.draining(slot));
  set_flows(1, slot, 0);
  EXPECT_TRUE(observe());
  EXPECT_THAT(identities.settle(3), IsEmpty());
  EXPECT_FALSE(identities.draining(slot));
}

TEST_F(IdentitiesTest, OneThatIsHeldMayGetFlowsAgainAndKeepsThem) {
  const EndpointSlot slot = add(1);
  const std::set<EndpointSlot> held{slot};
  identities.remove_endpoint(key(1), now);
  identities.settle(1, held);
  adopt_and_sweep(1);
  EXPECT_TRUE(observe());
  EXPECT_THAT(identities.settle(2, held), ElementsAre(slot));
  set_flows(0, slot, 1);  // another gateway's, by a table of before
  observe();
  EXPECT_THAT(identities.settle(3), ElementsAre(slot));
  adopt_and_sweep(3);
  set_flows(0, slot, 0);
  EXPECT_TRUE(observe());
  EXPECT_THAT(identities.settle(4), IsEmpty());
}

TEST_F(IdentitiesTest, NoFlowCountsOnlyOnceEveryWorkerReadsTheSnapshotWithoutIt) {
  const EndpointSlot slot = add(1);
  identities.remove_endpoint(key(1), now);
  EXPECT_FALSE(observe()) << "not settled: no snapshot is without it";
  identities.settle(2);
  adopt(0, 2);
  adopt(1, 1);
  EXPECT_FALSE(observe()) << "worker 1 may give it a flow in this turn";
  set_flows(1, slot, 1);
  adopt(1, 2);
  EXPECT_FALSE(observe()) << "as it did";
}

TEST_F(IdentitiesTest, TheDrainTimeEndsIt) {
  const EndpointSlot slot = add(1);
  set_flows(0, slot, 5);
  identities.remove_endpoint(key(1), now);
  identities.settle(1);
  adopt_and_sweep(1);
  now += drain_max - Duration(1);
  EXPECT_FALSE(observe());
  now += Duration(1);
  EXPECT_TRUE(observe());
  EXPECT_THAT(identities.settle(2), IsEmpty());
}

TEST_F(IdentitiesTest, ASlotIsReusedOnlyWhenBothWorkersHaveSweptTheSnapshotWithoutIt) {
  const EndpointSlot slot = add(1);
  identities.remove_endpoint(key(1), now);
  identities.settle(1);
  adopt_and_sweep(1);
  ASSERT_TRUE(observe());
  identities.settle(2);
  adopt_and_sweep(1);
  observe();
  EXPECT_NE(add(2), slot);
  sweep(0, 2);
  observe();
  EXPECT_NE(add(3), slot);
  EXPECT_EQ(identities.endpoints_retired(), 1u);
  sweep(1, 3);
  observe();
  EXPECT_EQ(add(4), slot);
}

TEST_F(IdentitiesTest, AnEndpointThatComesBackWhileItDrainsIsTheSame) {
  const EndpointId before = *identities.endpoint(key(1));
  identities.remove_endpoint(key(1), now);
  identities.settle(1);
  adopt_and_sweep(1);
  ASSERT_TRUE(observe()) << "also when its drain has ended, but nothing was published without it";
  EXPECT_EQ(*identities.endpoint(key(1)), before);
  EXPECT_THAT(identities.settle(2), IsEmpty());
  EXPECT_FALSE(observe());
}

TEST_F(IdentitiesTest, TheDrainTimeStartsAgainWithEachRemoval) {
  set_flows(0, add(1), 1);
  identities.remove_endpoint(key(1), now);
  identities.settle(1);
  now += drain_max / 2;
  add(1);
  identities.remove_endpoint(key(1), now);
  identities.settle(2);
  now += drain_max / 2;
  EXPECT_FALSE(observe());
  now += drain_max / 2;
  EXPECT_TRUE(observe());
}

TEST_F(IdentitiesTest, ARemovedListenerIsRetiredAtOnceAndReusedWhenSwept) {
  const ListenerId before = *identities.listener("http");
  identities.remove_listener("http");
  EXPECT_EQ(*identities.listener("http"), before) << "until it is settled";
  identities.remove_listener("http");
  identities.settle(4);
  const ListenerId other = *identities.listener("http");
  EXPECT_NE(other.slot, before.slot);
  adopt_and_sweep(4);
  observe();
  EXPECT_EQ(identities.listener("https")->slot, before.slot);
}

TEST_F(IdentitiesTest, AClusterGoesWithTheLastOfItsEndpoints) {
  const EndpointSlot slot = add(1);
  set_flows(0, slot, 1);
  identities.remove_endpoint(key(1), now);
  identities.remove_cluster("web");
  identities.settle(1);
  adopt_and_sweep(1);
  observe();
  EXPECT_NE(identities.cluster("other")->slot, web.slot) << "its endpoint's record names it";
  set_flows(0, slot, 0);
  ASSERT_TRUE(observe());
  identities.settle(2);
  adopt_and_sweep(2);
  observe();
  EXPECT_EQ(identities.cluster("third")->slot, web.slot);
}

TEST_F(IdentitiesTest, AClusterThatComesBackFindsItsEndpointsDraining) {
  const EndpointId before = *identities.endpoint(key(1));
  set_flows(0, before.slot, 1);
  identities.remove_endpoint(key(1), now);
  identities.remove_cluster("web");
  identities.settle(1);
  EXPECT_EQ(*identities.cluster("web"), web);
  EXPECT_EQ(*identities.endpoint(key(1)), before);
}

TEST_F(IdentitiesTest, TheSameAddressInTwoClustersIsTwoEndpoints) {
  const ClusterId other = *identities.cluster("other");
  EXPECT_NE(identities.endpoint({other.slot, address(1), 8080})->slot, add(1));
  EXPECT_NE(identities.endpoint({web.slot, address(1), 8081})->slot, add(1));
}

TEST(Identities, WithoutWorkersNothingIsWaitedFor) {
  Identities identities;
  const ClusterId cluster = *identities.cluster("web");
  const EndpointKey key{cluster.slot, address(1), 80};
  const EndpointId before = *identities.endpoint(key);
  identities.remove_endpoint(key, Instant{});
  identities.settle(1);
  EXPECT_TRUE(identities.observe(WorkerReports({}), Instant{}));
  identities.settle(2);
  identities.observe(WorkerReports({}), Instant{});
  EXPECT_EQ(identities.endpoint(key)->slot, before.slot);
}

}  // namespace
}  // namespace weft::mgmt
