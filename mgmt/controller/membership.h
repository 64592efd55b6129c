// The clusters of the running configuration and their endpoints: ids, sets, health, and the state
// words that workers read. It probes them, and keeps what was removed until its last flow ends.
//
// An endpoint that was removed or got weight 0 drains as soon as a snapshot without it is
// published: until then the old tables still pick there, perhaps it alone. It is probed on: an
// endpoint that dies while it drains is down, and its flows are treated so.
//
// What is probed through a listener is probed as soon as workers know the way: when the snapshot
// that has it is published.
//
// Thread safety: none; the only writer of EndpointStates. Invariants: the state word of an endpoint
// is its health's state; fit_endpoints of a cluster is the number of its endpoints that are
// healthy; an address and port of a cluster has one id from its first set to its release.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dataplane/base/clock.h"
#include "mgmt/controller/actions.h"
#include "mgmt/controller/claim.h"
#include "mgmt/controller/previous_tables.h"
#include "mgmt/discovery/endpoint_set.h"
#include "mgmt/health/deadline_heap.h"
#include "mgmt/health/endpoint_health.h"
#include "mgmt/health/probe_schedule.h"
#include "mgmt/health/slow_start.h"
#include "mgmt/model/order.h"
#include "mgmt/model/probe_path.h"
#include "mgmt/publish/identities.h"
#include "pipelines/endpoint_states.h"

namespace weft::mgmt {

// Orders of endpoints that nobody has any more are kept too, so there is a bound.
inline constexpr std::size_t orders_max = 4096;
// Endpoints that only peers of the fleet know, at a time.
inline constexpr uint32_t adopted_endpoints_max = 4096;

struct TrackedEndpoint {
  EndpointId id;
  uint32_t weight = 1;
  QuicServerId server_id;
  std::string host;              // the name it was resolved from
  bool live = true;              // in the set; otherwise it waits for its last flow
  const Order* order = nullptr;  // an operator's; null: none
  bool adopted = false;          // never in the set here: flows of peers are on it
  bool founding = false;         // of its cluster's first set: it may have been healthy for long
  uint32_t share = flow_shares;  // of the flows that choose it; below while it starts slowly
  EndpointHealth health;
};

struct TrackedCluster {
  ClusterId id;
  ClusterSettings settings;
  std::shared_ptr<const HealthSettings> health;          // null: endpoints count as healthy
  std::optional<ProbePath> probe_path;                   // absent: to endpoints' own addresses
  std::map<EndpointAddress, TrackedEndpoint> endpoints;  // live and leaving
  uint32_t live_endpoints = 0;
  uint32_t healthy_endpoints = 0;   // that take new flows, as long as they are published
  uint32_t unprobed_endpoints = 0;  // live ones that no probe has judged
  PreviousTables tables;
  bool table_changed = true;  // perhaps, since the last Desired
  bool live = true;           // in the configuration
  bool complete = false;      // the set is known
  std::string problem;        // of the set; empty: none

  // The endpoint is in the set.
  bool has(const EndpointAddress& at) const;
  // A first set is known and each of its endpoints judged.
  bool judged() const { return complete && unprobed_endpoints == 0; }
};

class Membership {
 public:
  // `orders` of earlier processes.
  Membership(ProbeLimits limits, uint64_t seed, const std::vector<Order>& orders,
             EndpointStates& states, Identities& identities, std::vector<LogRecord>& log);

  // Claims ids for clusters and those of their endpoints that are known by now.
  Result<void> claim(const std::vector<ClusterSettings>& settings, const HostNames& names,
                     const OwnAddresses& own, Claim& claim) const;
  // Exactly its clusters are configured. Requires: claimed. Sets follow by on_set.
  void on_config(const Model& model, Instant now);
  // The full set of a cluster. What finds no free id is left out, and the cluster's problem says
  // so. True: what should be published changed. Requires: the cluster is configured.
  bool on_set(std::string_view cluster, EndpointSet set, Instant now);
  // The endpoint of a cluster, live or leaving, that a peer of the fleet has a flow on. One that is
  // not known here left the set before this gateway began: it is adopted, to drain as if it had
  // been removed here. None: the cluster or its set is not known, or adopted_endpoints_max are.
  // `adopted`: what should be published changed.
  EndpointSlot find_or_adopt(std::string_view cluster, const EndpointAddress& at, Instant now,
                             bool& adopted);
  void on_probed(const EndpointProbed& probed, Instant now);
  // An operator's order, from this event on and until another one; kept when the endpoint or its
  // cluster goes, for when it returns. An Error: nobody has such an endpoint, or orders_max.
  Result<void> on_order(const Order& order, Instant now);
  // Before a Desired is made of what is live: what a cluster's table was made of in the last one is
  // its previous table from now on, if it is another one.
  void roll_tables(Instant now);
  // Lets go of the tables whose time has passed. True: what should be published changed.
  bool expire_tables(Instant now);
  // The endpoints that a previous table names.
  std::set<EndpointSlot> held() const;
  // Desired of this generation has exactly what is live. Requires: identities settled by it.
  void on_desired(uint64_t generation, Instant now);
  // Workers may read it from now on.
  void on_published(uint64_t generation, Instant now);
  // Gives the probes to start.
  void poll(Instant now, Actions& actions);
  Instant next_poll() const;

  // Null: not configured.
  const TrackedCluster* find(std::string_view cluster) const;
  // In the order of the configuration.
  const std::vector<const TrackedCluster*>& live() const { return live_; }
  std::vector<OrderStatus> orders() const;
  uint32_t probes_in_flight() const { return schedule_.in_flight(); }

 private:
  struct Place {  // where the endpoint of a slot is; null: nowhere
    TrackedCluster* cluster = nullptr;
    EndpointAddress at;
    TrackedEndpoint* endpoint = nullptr;
  };

  TrackedCluster& configure(const ClusterSettings& settings, std::optional<ProbePath> path,
                            Instant now);
  void leave(TrackedCluster& cluster, Instant now);
  void forget_tables(TrackedCluster& cluster);
  void set_health(const TrackedCluster& cluster, Instant now);
  // A cluster that probes in the same way and knows the address; null: none.
  const TrackedCluster* sibling(const TrackedCluster& cluster, const EndpointSet& set) const;

  // False: there is no id for it.
  bool add(TrackedCluster& cluster, const DiscoveredEndpoint& discovered,
           const TrackedCluster* known_by, Instant now);
  bool update(const Place& place, const DiscoveredEndpoint& discovered, Instant now);
  void remove(const Place& place, Instant now);
  void forget(EndpointSlot slot, Instant now);
  void note_set(TrackedCluster& cluster, uint32_t added, uint32_t removed, std::string problem,
                Instant now);

  // Runs an event on the endpoint and brings everything that follows from it up to date: state
  // word, counts and log.
  template <class Event>
  void change(const Place& place, Instant now, Event event);
  void drain(const Place& place, Instant now);
  void drain_when_published(EndpointSlot slot) { drains_from_.try_emplace(slot, 0); }
  void obey(const Place& place, const Order* order, Instant now);
  void write_word(const Place& place, bool starts_slowly, Instant now);
  void judge(const Place& place, bool passed, std::string_view why, Instant now);
  void watch(const Place& place, Instant now);
  void watch_anew(const TrackedCluster& cluster);
  EndpointProbe probe_of(const ProbeAttempt& attempt) const;
  const Place& place(EndpointSlot slot) const { return places_[index(slot)]; }

  using OrderKey = std::pair<std::string, EndpointAddress>;
  // Null: none.
  const Order* find_order(const std::string& cluster, const EndpointAddress& at) const;
  TrackedEndpoint* find_endpoint(const std::string& cluster, const EndpointAddress& at);

  EndpointStates& states_;
  Identities& identities_;
  std::vector<LogRecord>& log_;
  ProbeSchedule schedule_;
  SlowStarts slow_starts_;
  std::map<std::string, TrackedCluster, std::less<>> clusters_;  // live and leaving
  std::vector<const TrackedCluster*> live_;
  std::map<OrderKey, Order> orders_;
  DeadlineHeap table_expiries_;                    // by cluster slot
  std::map<ClusterSlot, TrackedCluster*> rolled_;  // that have previous tables
  std::vector<Place> places_;                      // by endpoint slot
  std::set<EndpointSlot> leaving_;                 // tracked and not live
  uint32_t adopted_endpoints_ = 0;
  // The first generation in which an endpoint takes no new flows; 0: not handed out yet.
  std::map<EndpointSlot, uint64_t> drains_from_;
  // The first generation in which workers know how to probe an endpoint through a listener;
  // 0: not handed out yet.
  std::map<EndpointSlot, uint64_t> watches_from_;
};

}  // namespace weft::mgmt
