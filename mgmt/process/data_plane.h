// The part of a gateway that runs on worker cores: interfaces with their twins, a worker each with
// its own flows and counters, and the few things they share with mgmt: the published snapshot, the
// endpoint states, one flag.
// Thread safety: one thread (mgmt's); the workers run on their own.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/interface/dpdk_interface.h"
#include "dataplane/interface/twin.h"
#include "dataplane/rcu/published.h"
#include "dataplane/worker/eal_thread.h"
#include "dataplane/worker/handoff.h"
#include "dataplane/worker/idle.h"
#include "dataplane/worker/placement.h"
#include "mgmt/capture/captures.h"
#include "mgmt/model/model.h"
#include "pipelines/endpoint_states.h"
#include "pipelines/gateway.h"
#include "pipelines/snapshot.h"
#include "pipelines/worker_counters.h"

namespace weft::mgmt {

class DataPlane {
 public:
  // Opens every interface and its twin and sets up the workers. Nothing runs yet.
  // Requires: the EAL has started. Error: one sentence.
  static Result<std::unique_ptr<DataPlane>> open(const Model& model, Instant now);
  // Stops the workers and gives the devices back.
  ~DataPlane();
  DataPlane(const DataPlane&) = delete;
  DataPlane& operator=(const DataPlane&) = delete;

  // Starts a thread for each worker, on its CPU.
  Result<void> run();

  // By what each worker receives (dataplane/worker/placement.h).
  std::vector<uint16_t> worker_weights() const;

  Published<Snapshot>& published() { return published_; }
  EndpointStates& states() { return states_; }
  std::span<const WorkerCounters* const> counters() const { return counters_view_; }
  void refuse_new_flows() { refuse_new_flows_.store(true, std::memory_order_relaxed); }
  // Calls take(neighbour) for every neighbour that a worker asked for.
  template <class Take>
  void take_neighbour_wishes(Take take) {
    for (const auto& gateway : gateways_) {
      while (const auto wish = gateway->l4().neighbour_wishes().take()) take(*wish);
    }
  }
  // What peers of the fleet tell; null: the configuration names none.
  PeerFlows* peer_flows() { return peer_flows_.get(); }
  void look_for_flows_at_risk() {
    for (const auto& gateway : gateways_) gateway->l4().flows_at_risk().ask();
  }
  // Calls take(flow) for those that the workers found, at most so many of them.
  template <class Take>
  void take_flows_at_risk(uint32_t flows_max, Take take) {
    const auto share = static_cast<uint32_t>(flows_max / gateways_.size());
    for (const auto& gateway : gateways_) gateway->l4().flows_at_risk().take(share, take);
  }
  Captures& captures() { return *captures_; }
  Gateway& gateway(uint32_t worker) { return *gateways_[worker]; }
  // A frame in a buffer of the interface. Error: no buffer is free, or none is large enough.
  Result<Packet> make_packet(uint16_t interface, std::span<const std::byte> frame);
  uint64_t flows_active() const;
  std::vector<std::string> twin_names() const;
  std::vector<DeviceStats> device_stats() const;  // by interface
  // Lets the kernel see the links of the devices.
  void mirror_carrier();

 private:
  struct Attached {
    std::unique_ptr<DpdkInterface> wire;
    std::unique_ptr<Twin> twin;
  };

  DataPlane(const Model& model, std::vector<Attached> attached, Instant now);
  SteeringShape set_up_rss(const Model& model, const KeyedHash::Key& steering_key);

  const std::vector<uint32_t> cpus_;
  const IdleMode idle_;
  std::vector<Attached> attached_;
  std::vector<Attachment> attachments_;
  EndpointStates states_;
  ProbePorts probe_ports_;
  std::atomic<bool> refuse_new_flows_{false};  // mgmt writes, workers read
  std::atomic<bool> stop_{false};              // mgmt writes, workers read
  Published<Snapshot> published_;
  HandOffRings rings_;
  std::unique_ptr<PeerFlows> peer_flows_;                  // mgmt writes, workers read
  std::vector<std::unique_ptr<WorkerCounters>> counters_;  // by worker
  std::vector<const WorkerCounters*> counters_view_;
  std::vector<std::unique_ptr<Gateway>> gateways_;  // by worker
  std::unique_ptr<Captures> captures_;
  std::vector<EalThread> threads_;
};

}  // namespace weft::mgmt
