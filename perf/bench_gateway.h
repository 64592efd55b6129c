// For benchmarks: one gateway of shipped code without devices: real controller, publisher and
// worker, on a LoopInterface. Clusters c of endpoints 10.x.y.z:80, each with an ipip listener on
// 203.0.(c / 200).(c % 200 + 1):80; every endpoint is behind one router. Health checks, one failed
// probe is enough; otherwise the default configuration.
#pragma once

#include <rte_mempool.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "dataplane/rcu/published.h"
#include "dataplane/worker/worker.h"
#include "mgmt/controller/controller.h"
#include "mgmt/publish/publisher.h"
#include "perf/loop_interface.h"
#include "pipelines/gateway.h"

namespace weft {

// The thread that calls this runs on CPU 0 from then on; the worker's should be elsewhere.
void start_bench_eal();
// This thread from now on. False: there is no such CPU.
bool run_on_cpu(uint32_t cpu);
uint64_t involuntary_switches();  // of this thread

struct BenchMesh {
  uint32_t clusters = 100;
  uint32_t endpoints = 100;  // of each cluster, at most 1023
  uint32_t maglev_slots = 0;
};
mgmt::Model bench_model(const BenchMesh& mesh);
mgmt::KernelView bench_kernel();
IpAddress bench_listener(uint32_t cluster);
IpAddress bench_endpoint(uint32_t cluster, uint32_t endpoint);
// A client's address and port, another one for each number.
struct BenchFlow {
  be32 address;
  be16 port;
};
BenchFlow bench_flow(uint32_t number);
// A packet of the flow with this number to the cluster's listener.
BenchFrame bench_frame(uint32_t cluster, uint32_t flow, uint8_t tcp_flags);
// The packet as if it were of this flow.
BenchFrame with_flow(BenchFrame frame, const BenchFlow& flow);

class BenchGateway {
 public:
  BenchGateway(const BenchMesh& mesh, mgmt::Publisher::Mode mode, LoopInterface::Watch watch);
  ~BenchGateway();
  BenchGateway(const BenchGateway&) = delete;
  BenchGateway& operator=(const BenchGateway&) = delete;

  // mgmt's side: polls, submits what is to be published, and lets the probes that start pass. True:
  // some did.
  bool step(Duration duration);
  // Steps until every endpoint is healthy and published.
  void settle();
  // From now on probes that start are not answered; gives them, `count` at least. The caller
  // answers them before more time passes. Requires: count <= ProbeLimits::probes_max.
  const std::vector<mgmt::EndpointProbe>& hold_probes(std::size_t count);
  mgmt::Controller& controller() { return *controller_; }
  Instant now() const { return now_; }
  uint64_t published_generation() const { return published_generation_.load(); }
  const Snapshot& snapshot() const { return *published_.current(); }

  // The worker's side: one thread.
  LoopInterface& wire() { return wire_; }
  void online() { reader_.online(); }
  void offline() { reader_.offline(); }
  bool turn(Instant now) { return worker_.turn(now); }
  uint64_t snapshot_generation() const { return counters_.turn.snapshot_generation.read(); }
  const WorkerCounters& counters() const { return counters_; }

 private:
  const BenchMesh mesh_;
  rte_mempool* pool_;
  LoopInterface wire_;
  LoopInterface twin_;
  std::array<Attachment, 1> attachments_;
  EndpointStates states_;
  std::atomic<bool> refuse_new_flows_{false};
  WorkerCounters counters_;
  Published<Snapshot> published_{1};
  HandOffRings rings_{1};
  Gateway gateway_;
  Published<Snapshot>::Reader reader_;
  Worker<Gateway, Published<Snapshot>::Reader> worker_;
  Instant now_{};
  std::atomic<uint64_t> published_generation_{0};
  uint64_t told_generation_ = 0;
  bool holding_ = false;
  std::vector<mgmt::EndpointProbe> held_;
  std::unique_ptr<mgmt::Controller> controller_;
  std::optional<mgmt::Publisher> publisher_;  // last: its thread
};

}  // namespace weft
