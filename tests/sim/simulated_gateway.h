// A whole gateway without threads, sockets or a clock: two real workers on an interface of memory
// behind a faulty network, the real publisher in synchronous mode and the real controller. Whoever
// owns it lets time pass and plays clients, endpoints and probes.
// Thread safety: none. Several may live in one process.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
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
  Faults receive;     // of the wire
  Faults transmit;
  FlowsMax flows_max{4096, 4096, 4096, 4096};
  uint32_t ring_packets_max = 1024;  // between workers
  mgmt::KernelView kernel = kernel_view(services());
};

// What a full flow table did, or one under attack.
struct TablePressure {
  uint64_t refused = 0;  // also of streams
  uint64_t evicted = 0;
  uint64_t unremembered = 0;  // packets of flows that got no entry
  uint64_t streams_lost = 0;  // packets whose flow was evicted before they left
  bool operator==(const TablePressure&) const = default;
};

class SimulatedGateway {
 public:
  static constexpr uint32_t workers = 2;
  static constexpr uint32_t endpoints_seen_max = 256;  // slots that a run may need

  using Watch = WatchedInterface::Watch;
  using Probe = std::function<void(const mgmt::EndpointProbe& probe)>;
  using Log = std::function<void(const mgmt::LogRecord& record)>;

  // What it does to its surroundings.
  struct Surroundings {
    Watch received = [](uint32_t, const Frame&) {};     // queue w is worker w's
    Watch transmitted = [](uint32_t, const Frame&) {};  // the same
    DamageWatch damaged;                                // a frame on its way to a worker
    DamageWatch damaged_behind;                         // one that a worker transmitted
    Probe probe = [](const mgmt::EndpointProbe&) {};    // answered later, by probed()
    Log log = [](const mgmt::LogRecord&) {};
  };

  SimulatedGateway(const SimulatedGatewaySettings& settings, mgmt::Model model,
                   Surroundings surroundings);
  SimulatedGateway(const SimulatedGateway&) = delete;
  SimulatedGateway& operator=(const SimulatedGateway&) = delete;

  // Time goes on, mgmt acts, and each worker makes a turn. Requires: not before the last one.
  void advance(Instant now);
  // The same piece by piece. `by_worker`: the worker's own clock, which never goes back.
  void set_time(Instant now);
  void decide();
  void turn(uint32_t worker, Instant by_worker);

  void probed(const mgmt::EndpointProbed& result);
  void reload(mgmt::Model model);
  void set_kernel(mgmt::KernelView kernel);

  // The wire's side, and the kernel's.
  bool push(uint32_t queue, std::span<const std::byte> frame) { return wire_.push(queue, frame); }
  std::optional<Frame> pull(uint32_t queue) { return wire_.pull(queue); }
  bool push_from_twin(uint32_t queue, std::span<const std::byte> frame) {
    return twin_.push(queue, frame);
  }
  std::optional<Frame> pull_from_twin(uint32_t queue) { return twin_.pull(queue); }

  // What mgmt holds of the endpoint.
  struct Standing {
    EndpointState state = EndpointState::down;  // also before mgmt knows it and once it forgot it
    bool configured = false;                    // in what was published last
  };
  Standing standing(const std::string& endpoint_address) const;
  EndpointState state(const std::string& endpoint_address) const {
    return standing(endpoint_address).state;
  }
  const mgmt::Model& model() const { return controller_->model(); }
  mgmt::GatewayStatus status() const { return controller_->status(); }
  const WorkerCounters& counters(uint32_t worker) const { return members_[worker]->counters; }
  const HandOffRings& rings() const { return rings_; }
  TablePressure pressure() const;  // over all workers and tables
  // Of the worker's table for this service's flows: by now, and when its last turn began.
  TablePressure pressure(uint32_t worker, const Service& service) const;
  TablePressure pressure_before_turn(uint32_t worker, const Service& service) const;
  bool under_attack(uint32_t worker) const {
    return members_[worker]->gateway.l4().flows().attack.under_attack();
  }
  const Streams& streams(uint32_t worker) const {
    return members_[worker]->gateway.l4().flows().streams;
  }
  uint32_t packets_held(uint32_t worker) const { return members_[worker]->gateway.packets_held(); }
  FaultCounts fault_counts() const { return faulty_.counts(); }
  FaultCounts receive_fault_counts() const { return faulty_.receive_counts(); }
  uint32_t buffers_out() const { return pool_.buffers() - pool_.free_buffers(); }

 private:
  using TablePressures = std::array<TablePressure, 4>;  // by table_of()
  static std::size_t table_of(const Service& service);

  struct Member {
    Member(SimulatedGateway& owner, const L4Settings& settings);
    TablePressures pressures();

    WorkerCounters counters;
    Gateway gateway;
    Published<Snapshot>::Reader reader;
    Worker<Gateway, Published<Snapshot>::Reader> worker;
    TablePressures before_turn{};
  };

  void carry_out(const mgmt::Actions& actions);
  void learn_slots(const mgmt::Desired& desired);
  void look_at_workers();

  const Surroundings surroundings_;
  Instant now_{};
  Instant next_look_{};
  Instant next_poll_{};
  bool told_ = true;  // mgmt was told something since it last acted
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
  struct Place {
    EndpointSlot slot = none<EndpointSlot>;
    bool configured = true;  // otherwise it drains
  };
  // A hash that libstdc++ does not think slow: then it would compare all of a few strings.
  struct AddressHash : std::hash<std::string> {};
  std::unordered_map<std::string, Place, AddressHash> places_;  // by endpoint address
};

}  // namespace weft::sim
