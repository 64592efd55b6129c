// Publishes against racing workers: every snapshot that a reader sees has to fit together, while
// endpoints come and go, drain and take each other's slots. For ThreadSanitizer, and with
// AddressSanitizer or without.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "mgmt/publish/desired_for_tests.h"
#include "mgmt/publish/identities.h"
#include "mgmt/publish/publisher.h"

namespace weft::mgmt {
namespace {

constexpr uint32_t workers = 2;
constexpr uint32_t clusters = 4;
constexpr uint32_t names = 8;  // endpoints of a cluster
constexpr uint64_t submits = 1'500;

// Follows every pointer and index of a snapshot. Empty: it fits together.
std::string flaw(const Snapshot& snapshot) {
  const EndpointPart& endpoints = *snapshot.endpoints;
  for (const ListenerPolicy& listener : snapshot.policy->listeners.policies) {
    if (listener.id.slot == none<ListenerSlot>) continue;
    if (index(listener.cluster) >= endpoints.clusters.size()) return "a listener without cluster";
    const ClusterRecord* cluster = endpoints.clusters[index(listener.cluster)].get();
    if (cluster == nullptr || cluster->maglev == nullptr) continue;
    for (uint32_t hash = 0; hash < UINT32_MAX - (1u << 26); hash += 1u << 26) {
      const uint16_t at = cluster->maglev->pick(hash);
      if (at >= cluster->endpoints.size()) return "a pick beyond the set";
      const EndpointSlot slot = cluster->endpoints[at];
      if (!endpoints.present(slot)) return "a pick that is absent";
      const EndpointRecord& record = endpoints.records[index(slot)];
      if (record.cluster != listener.cluster) return "a pick of another cluster";
      if (record.next_hop >= snapshot.routing->next_hops.size()) return "a next hop beyond the end";
    }
  }
  return {};
}

struct Mesh {
  Mesh() {
    desired.clusters.clear();
    desired.listeners.clear();
    for (uint32_t c = 0; c < clusters; ++c) {
      const ClusterId id = *identities.cluster("cluster" + std::to_string(c));
      desired.clusters.push_back({.id = id});
      DesiredListener one = test::listener(c, "203.0.113.10", static_cast<uint16_t>(80 + c), 0);
      one.id = *identities.listener(one.settings.name);
      one.cluster = id;
      desired.listeners.push_back(one);
    }
  }

  void change() {
    DesiredCluster& cluster = desired.clusters[random() % clusters];
    const IpAddress address = test::endpoint(0, random() % names).address;
    const EndpointKey key{cluster.id.slot, address, 8080};
    auto& set = cluster.endpoints;
    const auto at = std::ranges::lower_bound(set, address, {}, &DesiredEndpoint::address);
    if (at != set.end() && at->address == address) {
      set.erase(at);
      identities.remove_endpoint(key, now);
    } else {
      const EndpointId id = *identities.endpoint(key);
      reused += id.generation > 1;
      set.insert(at, {id, address, 8080, 1});
    }
    if (random() % 8 == 0) desired.flows.udp_timeout_ms = milliseconds(1000 + random() % 3);
    if (random() % 8 == 0) desired.kernel.neighbours[0].mac = test::mac(random() % 4);
  }

  std::mt19937 random{1};
  Instant now{};
  Identities identities;
  Desired desired = test::small_mesh();
  uint32_t reused = 0;
};

struct WorkerReport {
  std::string flaw;
  uint64_t turns = 0;
  uint64_t snapshots = 0;
  uint64_t backwards = 0;
};

void work(Published<Snapshot>& published, uint32_t worker, const std::atomic<bool>& done,
          WorkerCounters& counters, WorkerReport& report) {
  auto reader = published.reader(worker);
  reader.online();
  uint64_t generation = 0;
  for (bool last = false; !last && report.flaw.empty(); ++report.turns) {
    last = done.load();
    const Snapshot& snapshot = *reader.read();
    report.backwards += snapshot.generation < generation;
    report.snapshots += snapshot.generation != generation;
    generation = snapshot.generation;
    counters.turn.snapshot_generation.set(generation);
    report.flaw = flaw(snapshot);
    counters.turn.swept_generation.set(generation);  // it has no flows
    if (report.turns % 64 == worker) {
      reader.offline();
      std::this_thread::yield();
      reader.online();
    } else {
      reader.quiescent();
    }
  }
}

TEST(PublisherRace, EverySnapshotFitsTogether) {
  Published<Snapshot> published(workers);
  std::vector<WorkerCounters> counters(workers);
  std::vector<const WorkerCounters*> pointers;
  for (const WorkerCounters& each : counters) pointers.push_back(&each);
  std::array<WorkerReport, workers> reports;
  std::atomic<bool> done{false};
  std::atomic<uint64_t> published_generation{0};
  Mesh mesh;
  Publisher publisher(published, Publisher::Mode::thread,
                      [&](uint64_t generation) { published_generation.store(generation); });
  std::vector<std::thread> threads;
  for (uint64_t generation = 1; generation <= submits; ++generation) {
    mesh.change();
    mesh.desired.draining = mesh.identities.settle(generation);
    publisher.submit(std::make_shared<const Desired>(mesh.desired), generation);
    mesh.identities.observe(WorkerReports(pointers), mesh.now);
    // Some are passed over, most are published.
    while (published_generation.load() + 3 < generation) std::this_thread::yield();
    if (!threads.empty() || published_generation.load() == 0) continue;
    for (uint32_t i = 0; i < workers; ++i) {
      threads.emplace_back([&, i] { work(published, i, done, counters[i], reports[i]); });
    }
  }
  while (published_generation.load() < submits) std::this_thread::yield();
  done.store(true);
  for (std::thread& thread : threads) thread.join();
  for (const WorkerReport& report : reports) {
    EXPECT_EQ(report.flaw, "");
    EXPECT_EQ(report.backwards, 0u);
    EXPECT_GT(report.snapshots, 10u);
  }
  EXPECT_GT(mesh.reused, 10u) << "slots have to change hands for this to mean something";
}

}  // namespace
}  // namespace weft::mgmt
