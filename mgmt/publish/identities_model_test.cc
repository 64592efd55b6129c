// Workers that adopt, sweep and serve when they like, against names that come and go: no slot is
// ever given away while a worker has a flow that was made for its owner before.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "mgmt/publish/identities.h"

namespace weft::mgmt {
namespace {

constexpr uint32_t names = 12;
constexpr uint32_t slots_used_max = 1000;

struct World {
  // One that honours its contract no more than it has to.
  struct Worker {
    uint64_t reads = 0;
    uint64_t pass_began = 0;
    std::set<std::pair<uint32_t, uint32_t>> flows;  // slot, and the generation it was made for
  };
  struct Version {
    std::map<uint32_t, uint32_t> in_table;  // slot -> generation: takes flows
    std::set<uint32_t> present;             // slots
  };

  explicit World(uint32_t seed) : random(seed) {
    cluster = identities.cluster("web")->slot;
    for (const WorkerCounters& each : counters) pointers.push_back(&each);
  }

  EndpointKey key(uint32_t name) const {
    return {cluster, IpAddress::v4(be32(0x0a000200 + name)), 8080};
  }

  void add_or_remove(uint32_t name) {
    if (wanted.erase(name) != 0) return identities.remove_endpoint(key(name), now);
    const EndpointId id = *identities.endpoint(key(name));
    reused += id.generation > 1;
    wanted[name] = id;
    for (const Worker& worker : workers) {
      for (const auto& [slot, made_for] : worker.flows) {
        taken_over += slot == index(id.slot) && made_for != id.generation;
      }
    }
  }

  void publish() {
    Version next;
    for (const EndpointSlot slot : identities.settle(++generation)) {
      next.present.insert(index(slot));
    }
    for (const auto& [name, id] : wanted) {
      next.present.insert(index(id.slot));
      next.in_table[index(id.slot)] = id.generation;
    }
    versions[generation] = next;
  }

  void serve(Worker& worker) {
    for (const auto& endpoint : versions[worker.reads].in_table) {
      if (random() % 4 == 0) worker.flows.insert(endpoint);
    }
  }

  // Each flow was met early in the pass, or ended by itself.
  void end_pass(Worker& worker) {
    std::erase_if(worker.flows, [&](const auto& flow) {
      return !versions[worker.pass_began].present.contains(flow.first) || random() % 16 == 0;
    });
  }

  void step() {
    const uint32_t i = random() % 2;
    Worker& worker = workers[i];
    switch (random() % 6) {
      case 0:
        add_or_remove(random() % names);
        break;
      case 1:
        publish();
        break;
      case 2:
        worker.reads = generation;
        counters[i].turn.snapshot_generation.set(worker.reads);
        break;
      case 3:
        serve(worker);
        break;
      case 4:
        end_pass(worker);
        counters[i].turn.swept_generation.set(worker.pass_began);
        worker.pass_began = worker.reads;
        break;
      default:
        identities.observe(WorkerReports(pointers), now);
    }
    for (uint32_t slot = 0; slot < slots_used_max; ++slot) {
      counters[i].endpoints[slot].flows_active.set(0);
    }
    for (const auto& flow : worker.flows) counters[i].endpoints[flow.first].flows_active.add(1);
    now += milliseconds(10);
  }

  std::mt19937 random;
  Instant now{};
  Identities identities{milliseconds(200)};  // often before the flows ended
  ClusterSlot cluster{};
  std::vector<WorkerCounters> counters = std::vector<WorkerCounters>(2);
  std::vector<const WorkerCounters*> pointers;
  std::vector<Worker> workers = std::vector<Worker>(2);
  std::map<uint64_t, Version> versions{{0, {}}};
  std::map<uint32_t, EndpointId> wanted;  // by name
  uint64_t generation = 0;
  uint32_t reused = 0;      // slots that were given to a second name
  uint32_t taken_over = 0;  // flows that came with such a slot
};

TEST(IdentitiesModel, NoWorkerHoldsAFlowOfASlotThatGoesToAnother) {
  for (uint32_t seed = 1; seed <= 5; ++seed) {
    World world(seed);
    for (int step = 0; step < 5'000; ++step) world.step();
    EXPECT_EQ(world.taken_over, 0u) << "seed " << seed;
    EXPECT_GT(world.reused, 30u) << "seed " << seed;
  }
}

}  // namespace
}  // namespace weft::mgmt
