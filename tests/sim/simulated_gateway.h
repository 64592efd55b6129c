// A whole gateway without threads, sockets or a clock: two real workers on an interface of memory
// behind a faulty network, the real publisher in synchronous mode and the real controller. Whoever
// owns it lets time pass and plays clients, endpoints and probes.
// Thread safety: none. Several may live in one process.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/interface/fault_interface.h"
#include "dataplane/interface/guarded_pool.h"
#include "dataplane/interface/memory_interface.h"
#include "dataplane/rcu/published.h"
#include "dataplane/worker/worker.h"
#include "mgmt/controller/controller.h"
#include "mgmt/publish/publisher.h"
#include "pipelines/gateway.h"
#include "tests/sim/network.h"
#include "tests/sim/watched_interface.h"

namespace weft::sim {

struct SimulatedGatewaySettings {
  uint64_t seed = 1;  // of keys, jitter and faults
  Faults faults;      // of the wire, in both directions
};

class SimulatedGateway {
 public:
  static constexpr uint32_t workers = 2;

  using Watch = WatchedInterface::Watch;
  using Probe = std::function<void(const mgmt::EndpointProbe& probe)>;
  using Log = std::function<void(const mgmt::LogRecord& record)>;

  // What it does to its surroundings.
  struct Surroundings {
    Watch transmitted = [](const Frame&) {};
    Probe probe = [](const mgmt::EndpointProbe&) {};  // answered later, by probed()
    Log log = [](const mgmt::LogRecord&) {};
  };

  SimulatedGateway(const SimulatedGatewaySettings& settings, mgmt::Model model,
                   Surroundings surroundings);
  SimulatedGateway(const SimulatedGateway&) = delete;
  SimulatedGateway& operator=(const SimulatedGateway&) = delete;

  // Events first, then decisions, then a turn of each worker. Requires: not before the last one.
  void advance(Instant now);
  void probed(const mgmt::EndpointProbed& result) { controller_->on_probed(result, now_); }
  void reload(mgmt::Model model);

  // The wire's side.
  bool push(uint32_t queue, std::span<const std::byte> frame) { return wire_.push(queue, frame); }
  std::optional<Frame> pull(uint32_t queue) { return wire_.pull(queue); }

  // What mgmt holds of the endpoint; down before it knows it.
  EndpointState state(const std::string& endpoint_address) const;
  const mgmt::Model& model() const { return controller_->model(); }
  mgmt::GatewayStatus status() const { return controller_->status(); }
  const WorkerCounters& counters(uint32_t worker) const { return members_[worker]->counters; }
  const HandOffRings& rings() const { return rings_; }
  FaultCounts fault_counts() const { return faulty_.counts(); }
  uint32_t buffers_out() const { return pool_.buffers() - pool_.free_buffers(); }

 private:
  struct Member {
    Member(SimulatedGateway& owner, const L4Settings& settings);
    WorkerCounters counters;
    Gateway gateway;
    Published<Snapshot>::Reader reader;
    Worker<Gateway, Published<Snapshot>::Reader> worker;
  };

  void decide();
  void carry_out(const mgmt::Actions& actions);
  void look_at_workers();

  const Surroundings surroundings_;
  Instant now_{};
  Instant next_look_{};
  GuardedPool pool_{8191};
  MemoryInterface wire_;
  MemoryInterface twin_;
  FaultInterface faulty_;
  WatchedInterface watched_;
  std::array<Attachment, 1> attachments_;
  EndpointStates states_;
  std::atomic<bool> refuse_new_flows_{false};
  Published<Snapshot> published_{workers};
  HandOffRings rings_{workers};
  std::vector<std::unique_ptr<Member>> members_;  // by worker
  std::vector<const WorkerCounters*> counters_view_;
  std::vector<uint64_t> published_generations_;  // not told to the controller yet
  mgmt::Publisher publisher_;
  std::unique_ptr<mgmt::Controller> controller_;
  std::map<std::string, EndpointSlot> slots_;  // by endpoint address
};

}  // namespace weft::sim
