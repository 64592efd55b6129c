#include "mgmt/publish/compile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "mgmt/publish/desired_for_tests.h"

namespace weft::mgmt {
namespace {

using test::Compiler;
using test::small_mesh;

TEST(Compile, TheSameDesiredSharesEveryPart) {
  Compiler compile;
  compile(small_mesh());
  const auto before = compile.snapshot();
  const Snapshot& after = compile(small_mesh());
  EXPECT_EQ(after.generation, before->generation + 1);
  EXPECT_EQ(after.policy, before->policy);
  EXPECT_EQ(after.endpoints, before->endpoints);
  EXPECT_EQ(after.routing, before->routing);
}

TEST(Compile, AWeightChangesOneClusterAndNoPage) {
  Desired desired = small_mesh();
  desired.clusters.push_back(test::cluster(1, 3));
  desired.listeners.push_back(test::listener(1, "203.0.113.11", 80, 1));
  Compiler compile;
  compile(desired);
  const auto before = compile.snapshot();
  desired.clusters[1].endpoints[0].weight = 5;
  const Snapshot& after = compile(desired);
  EXPECT_EQ(after.policy, before->policy);
  EXPECT_EQ(after.routing, before->routing);
  EXPECT_EQ(after.endpoints->clusters[0], before->endpoints->clusters[0]);
  EXPECT_NE(after.endpoints->clusters[1], before->endpoints->clusters[1]);
  EXPECT_TRUE(after.endpoints->records.shares_page(before->endpoints->records, 0));
  const ListenerKey reply{test::ip("10.0.0.1"), be16(8080), Protocol::tcp};
  EXPECT_EQ(after.endpoints->nat_returns.find(reply), before->endpoints->nat_returns.find(reply))
      << "the table of nat returns is shared";
}

TEST(Compile, ANewEndpointChangesItsClusterAndItsPage) {
  Desired desired = small_mesh();
  desired.clusters.push_back(test::cluster(20, 3));  // slots 2001 to 2003
  Compiler compile;
  compile(desired);
  const auto before = compile.snapshot();
  desired.clusters[1].endpoints.push_back(test::endpoint(20, 4));
  const Snapshot& after = compile(desired);
  EXPECT_EQ(after.policy, before->policy);
  EXPECT_EQ(after.endpoints->clusters[0], before->endpoints->clusters[0]);
  EXPECT_NE(after.endpoints->clusters[20], before->endpoints->clusters[20]);
  EXPECT_TRUE(after.endpoints->records.shares_page(before->endpoints->records, 0));
  EXPECT_FALSE(after.endpoints->records.shares_page(before->endpoints->records, 2004));
}

TEST(Compile, ANewLinkAddressOfANeighbourChangesRoutingOnly) {
  Desired desired = small_mesh();
  Compiler compile;
  compile(desired);
  const auto before = compile.snapshot();
  desired.kernel.neighbours[0].mac = test::mac(0x99);
  const Snapshot& after = compile(desired);
  EXPECT_EQ(after.policy, before->policy);
  EXPECT_EQ(after.endpoints, before->endpoints);
  EXPECT_NE(after.routing, before->routing);
}

TEST(Compile, AListenerChangesPolicyAndSharesTheClusters) {
  Desired desired = small_mesh();
  Compiler compile;
  compile(desired);
  const auto before = compile.snapshot();
  desired.listeners.push_back(test::listener(1, "203.0.113.11", 80, 0, Forward::ipip));
  const Snapshot& after = compile(desired);
  EXPECT_NE(after.policy, before->policy);
  EXPECT_EQ(after.endpoints->clusters[0], before->endpoints->clusters[0]);
  EXPECT_TRUE(after.endpoints->records.shares_page(before->endpoints->records, 0));
  EXPECT_EQ(after.routing, before->routing);
}

// ---- compiling step by step gives what compiling at once gives

class RandomMesh {
 public:
  explicit RandomMesh(uint32_t seed) : random_(seed), desired_(small_mesh(0)) {
    for (uint32_t slot = 1; slot < 4; ++slot) desired_.clusters.push_back(test::cluster(slot, 0));
  }

  const Desired& change() {
    switch (random_() % 7) {
      case 0:
        change_endpoint();
        break;
      case 1:
        change_neighbour();
        break;
      case 2:
        desired_.kernel.links[0].up = random_() % 4 != 0;
        break;
      case 3:
        toggle(desired_.kernel.routes, {.to = test::prefix("10.0.2.0/24"), .mtu_bytes = 1400});
        break;
      case 4:
        toggle(desired_.kernel.routes,
               {.to = test::prefix("10.0.3.0/24"), .gateway = test::ip("10.0.0.9")});
        break;
      case 5:
        toggle(desired_.listeners, test::listener(1, "203.0.113.11", 80, random_() % 4));
        break;
      default:
        desired_.clusters[random_() % 4].on_endpoint_down =
            random_() % 2 == 0 ? OnEndpointDown::move : OnEndpointDown::keep;
    }
    return desired_;
  }

 private:
  template <class T>
  static void toggle(std::vector<T>& list, const T& one) {
    if (std::erase(list, one) == 0) list.push_back(one);
  }

  void change_endpoint() {
    DesiredCluster& cluster = desired_.clusters[random_() % 4];
    const DesiredEndpoint one = test::endpoint(index(cluster.id.slot), 1 + random_() % 5);
    std::vector<DesiredEndpoint>& set = cluster.endpoints;
    const auto same = [&](const DesiredEndpoint& other) { return other.id == one.id; };
    std::erase(desired_.draining, one.id.slot);
    const auto known = std::ranges::find_if(set, same);
    if (known == set.end()) {
      set.insert(std::ranges::lower_bound(set, one.address, {}, &DesiredEndpoint::address), one);
    } else if (random_() % 2 == 0) {
      known->weight = random_() % 3;
    } else {
      set.erase(known);
      if (random_() % 2 == 0) desired_.draining.push_back(one.id.slot);
      std::ranges::sort(desired_.draining);
    }
  }

  void change_neighbour() {
    auto& known = desired_.kernel.neighbours;
    const IpAddress address = test::endpoint(0, 1 + random_() % 9).address;
    const auto same = [&](const KernelNeighbour& other) { return other.address == address; };
    if (std::erase_if(known, same) != 0) return;
    const KernelNeighbour one{.address = address, .mac = test::mac(random_() % 8)};
    known.insert(std::ranges::lower_bound(known, address, {}, &KernelNeighbour::address), one);
  }

  std::mt19937 random_;
  Desired desired_;
};

// Where the record leads: its next hop by what it says, not by its index.
NextHop hop_of(const Snapshot& snapshot, uint32_t slot) {
  return snapshot.routing->next_hops[test::record(snapshot, slot).next_hop];
}

void expect_same(const Snapshot& step, const Snapshot& whole, const Desired& desired) {
  for (const DesiredCluster& cluster : desired.clusters) {
    const ClusterRecord& one = *step.endpoints->clusters[index(cluster.id.slot)];
    const ClusterRecord& other = *whole.endpoints->clusters[index(cluster.id.slot)];
    ASSERT_EQ(one.endpoints, other.endpoints);
    ASSERT_EQ(one.maglev == nullptr, other.maglev == nullptr);
    if (one.maglev != nullptr) {
      ASSERT_TRUE(std::ranges::equal(one.maglev->slots(), other.maglev->slots()));
    }
    for (const DesiredEndpoint& endpoint : cluster.endpoints) {
      const uint32_t slot = index(endpoint.id.slot);
      EndpointRecord a = test::record(step, slot);
      EndpointRecord b = test::record(whole, slot);
      ASSERT_EQ(hop_of(step, slot), hop_of(whole, slot));
      a.next_hop = b.next_hop = 0;
      ASSERT_EQ(a, b);
      const ListenerKey reply{endpoint.address, be16(endpoint.port), Protocol::tcp};
      const weft::NatReturn* one_return = step.endpoints->nat_returns.find(reply);
      const weft::NatReturn* other_return = whole.endpoints->nat_returns.find(reply);
      ASSERT_EQ(one_return == nullptr, other_return == nullptr);
      if (one_return != nullptr) {
        ASSERT_EQ(one_return->listener, other_return->listener);
      }
    }
  }
  for (const KernelNeighbour& known : desired.kernel.neighbours) {
    const Neighbour neighbour{known.interface, known.address};
    ASSERT_EQ(step.routing->next_hops[*step.routing->neighbours.find(neighbour)],
              whole.routing->next_hops[*whole.routing->neighbours.find(neighbour)]);
  }
  for (const EndpointSlot slot : desired.draining) {
    if (!step.endpoints->present(slot)) continue;
    ASSERT_NE(test::record(step, index(slot)).address, IpAddress{});
    ASSERT_LT(test::record(step, index(slot)).next_hop, step.routing->next_hops.size());
  }
}

TEST(Compile, StepByStepGivesWhatAtOnceGives) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    RandomMesh mesh(seed);
    Compiler steps;
    for (int step = 0; step < 150; ++step) {
      const Desired& desired = mesh.change();
      const Snapshot& one = steps(desired);
      Compiler whole;
      ASSERT_NO_FATAL_FAILURE(expect_same(one, whole(desired), desired))
          << "seed " << seed << " step " << step;
    }
  }
}

TEST(Compile, BlackholesChangeAlone) {
  Compiler compile;
  compile(small_mesh());
  const auto before = compile.snapshot();
  EXPECT_EQ(before->blackholes, nullptr);
  Desired desired = small_mesh();
  const std::array prefixes = {test::prefix("198.51.100.0/24")};
  desired.blackholes = std::make_shared<const PrefixSet>(prefixes);
  compile(desired);
  const auto after = compile.snapshot();
  EXPECT_EQ(after->blackholes, desired.blackholes);
  EXPECT_EQ(after->policy, before->policy);
  EXPECT_EQ(after->endpoints, before->endpoints);
  EXPECT_EQ(after->routing, before->routing);
}

}  // namespace
}  // namespace weft::mgmt
