// A gateway of a fleet, small enough that many live in one test: the real controller, publisher and
// packet path of one worker, packet by packet, without wires. Its clusters have ipip listeners and
// any endpoints of 10.0.0.0/8, all behind one router; who probes is told at once.
// Thread safety: none.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/rcu/published.h"
#include "mgmt/controller/controller.h"
#include "mgmt/fleet/fleet_sync.h"
#include "mgmt/publish/publisher.h"
#include "pipelines/l4/l4.h"
#include "tests/packet_pool.h"

namespace weft::sim {

// One listener 203.0.113.(n + 1):80 for the n-th cluster, tcp, by ipip.
IpAddress fleet_listener(uint32_t cluster);
mgmt::ClusterSettings fleet_cluster(std::string name);
mgmt::Model fleet_model(std::vector<mgmt::ClusterSettings> clusters);

struct FleetFlow {
  IpAddress client;
  uint16_t port = 0;
  uint32_t cluster = 0;
  auto operator<=>(const FleetFlow&) const = default;
};

class FleetGateway {
 public:
  // `seed`: of what may differ between the gateways of a fleet. Without peers it tells nobody of
  // its flows.
  FleetGateway(mgmt::Model model, uint64_t seed, Instant now,
               std::vector<mgmt::PeerAddress> peers = {});
  FleetGateway(const FleetGateway&) = delete;
  FleetGateway& operator=(const FleetGateway&) = delete;
  ~FleetGateway();

  // Time goes on. These endpoints fail their probes.
  void advance(Instant now, const std::set<IpAddress>& dead);
  void reload(mgmt::Model model);
  // What it told its peers since the last call, and what one of them told it.
  std::vector<mgmt::FleetSync::Datagram> take_datagrams() { return std::exchange(datagrams_, {}); }
  void hear(const mgmt::PeerAddress& from, std::span<const std::byte> datagram);
  // The endpoint that a packet of the flow is sent to; none: it is refused.
  std::optional<IpAddress> send(const FleetFlow& flow, uint8_t tcp_flags);

  // Where the table has a flow that this gateway knows nothing of, whatever its endpoints' states;
  // none: there is no table. With `previously` the table of a while ago, if there is one.
  std::optional<EndpointSlot> first_choice(const FleetFlow& flow, bool previously) const;
  // Whether it would take the flow now.
  bool fit(EndpointSlot endpoint, const FleetFlow& flow) const;
  IpAddress address(EndpointSlot endpoint) const;

 private:
  uint64_t hash(const FleetFlow& flow) const;
  const Snapshot& snapshot() const { return *published_.current(); }
  void decide(const std::set<IpAddress>& dead);
  void sync();

  test::PacketPool pool_{63};
  EndpointStates states_{1u << 12, 1u << 8};
  std::atomic<bool> refuse_new_flows_{false};
  WorkerCounters counters_;
  const WorkerCounters* counters_view_ = &counters_;
  Published<Snapshot> published_{1};
  Published<Snapshot>::Reader reader_;
  PeerFlows peer_flows_;
  L4 l4_;
  Instant now_;
  Instant next_look_;
  uint64_t published_generation_ = 0;
  std::unique_ptr<mgmt::Controller> controller_;
  mgmt::Publisher publisher_;
  std::unique_ptr<mgmt::FleetSync> sync_;  // null: it has no peers
  std::vector<mgmt::FleetSync::Datagram> datagrams_;
};

}  // namespace weft::sim
