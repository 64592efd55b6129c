// Every decision of one gateway's mgmt, as a function of (event, now): no socket, no thread, no
// clock. weftd's event loop and the simulation drive the same class.
//
// The caller tells it of events and then calls poll, which gives what is to be done; and it polls
// at next_poll when no event came before. `now` never goes back. State words (EndpointStates) are
// written inside the event that decides, before any poll or publish.
// Thread safety: none; EndpointStates is the only thing it shares, and it is its only writer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/table/peer_flows.h"
#include "mgmt/controller/actions.h"
#include "mgmt/controller/blackholes.h"
#include "mgmt/controller/lifecycle.h"
#include "mgmt/controller/listeners.h"
#include "mgmt/controller/membership.h"
#include "mgmt/controller/next_hops.h"
#include "mgmt/controller/publish_pace.h"
#include "mgmt/discovery/host_names.h"
#include "mgmt/discovery/own_addresses.h"
#include "mgmt/health/probe_schedule.h"
#include "pipelines/endpoint_states.h"

namespace weft::mgmt {

struct ControllerSettings {
  uint64_t random_seed = 0;                 // of jitter and backoff
  std::string drawn_hash_seed;              // kept in state_dir; used when the model has none
  std::vector<Order> orders;                // of operators, kept in state_dir
  std::vector<IpPrefix> blackholes;         // likewise
  std::vector<uint16_t> worker_weights{1};  // one a worker (dataplane/worker/placement.h)
  ProbeLimits probes;
  ResolveLimits look_ups;
};

class Controller {
 public:
  // Fails when the model does not fit into the slots there are. Requires: `states` has
  // endpoints_max and clusters_max slots, and outlives the controller.
  static Result<std::unique_ptr<Controller>> start(Model first, ControllerSettings settings,
                                                   EndpointStates& states, Instant now);
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  // A reload, validated: taken as a whole, or refused with nothing changed. While generations_max
  // policy generations live it waits, and is taken when one of them has gone; a newer one takes
  // its place. What waits may still be refused when its time comes; status and log say so then.
  Result<Reloaded> on_config(Model model, Instant now);
  // A reload that was refused before it came here; kept for status.
  void on_config_error(std::string error, Instant now);
  void on_probed(const EndpointProbed& probed, Instant now);
  void on_resolved(std::string_view name, uint32_t attempt, const Answer& answer, Instant now);
  void on_kernel(KernelView view);
  void on_holdings(const Holdings& holdings, Instant now);
  // Workers may read the snapshot of this generation from now on. Generations may be skipped: a
  // later one has what the earlier ones had.
  void on_published(uint64_t generation, Instant now);
  // An operator's order about an endpoint; the caller then keeps orders(). An Error changes
  // nothing.
  Result<void> on_order(const Order& order, Instant now);
  // An operator blackholes sources, or takes that back; the caller then keeps blackholes(). An
  // Error changes nothing.
  Result<void> on_blackholes(const BlackholeChange& change, Instant now);
  // A worker wanted to send to this neighbour and does not know its link address.
  void on_next_hop_wanted(const NextHopAddress& next_hop, Instant now);
  // This gateway's slot of the endpoint that a flow has at a peer of the fleet, adopted if need be
  // (Membership::find_or_adopt); none: there is no such listener, or it cannot have the endpoint.
  EndpointSlot endpoint_of(const PlacedFlow& flow, Instant now);
  // Flows of peers are on these endpoints, and no others: removed, they keep their records.
  void on_peers_hold(std::set<EndpointSlot> held);
  // The first begins the orderly stop, the second ends it at once.
  void on_stop(Instant now);

  // What is to be done now. After every event, and at the latest at Actions::next_poll.
  Actions poll(Instant now);

  // What the kernel should hold by now; poll gives it when it changed. To be carried out before the
  // poll after a start or a reload, so that what is published then knows of its addresses and
  // routes.
  KernelWishes kernel_wishes() const;

  Phase phase() const { return lifecycle_.phase(); }
  const Model& model() const { return *model_; }
  GatewayStatus status() const;
  // The name of the listener in this slot; empty: there is none.
  std::string_view listener_name(ListenerSlot slot) const { return listeners_.name_of(slot); }
  std::vector<Order> orders() const;
  std::vector<IpPrefix> blackholes() const;

 private:
  Controller(ControllerSettings settings, EndpointStates& states, Instant now);

  Result<void> try_take(Model model, Instant now);
  void take(Model model, Instant now);
  void discover_cluster(const std::string& name, Instant now);
  void discover_named(Instant now);
  uint64_t decided_generation() const;
  Instant next_poll() const;
  void publish(Actions& actions, Instant now);
  void follow_phase(Actions& actions, Instant now);
  ListenerStatus status_of(const TrackedListener& listener) const;

  const ControllerSettings settings_;
  const Instant started_;
  Identities identities_;
  std::vector<LogRecord> log_;  // since the last poll
  std::shared_ptr<const Model> model_;
  std::optional<Model> waiting_;  // for a policy generation to go
  KernelView kernel_;

  OwnAddresses own_;  // of model_
  HostNames names_;
  std::map<std::string, std::vector<std::string>, std::less<>> clusters_by_name_;
  Membership membership_;
  Listeners listeners_;
  Blackholes blackholes_;
  std::set<EndpointSlot> held_by_peers_;
  NextHops next_hops_;
  Lifecycle lifecycle_;
  PublishPace pace_;

  bool wishes_changed_ = true;
  Phase phase_said_ = Phase::starting;
  uint64_t desired_generation_ = 0;    // handed out
  uint64_t published_generation_ = 0;  // for workers to read
  uint32_t policy_generations_live_ = 0;
  uint32_t config_version_ = 0;
  Instant config_since_;
  std::string last_reload_error_;
};

}  // namespace weft::mgmt
