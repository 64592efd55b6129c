// The ids of listeners, clusters and endpoints, and when a removed one's slot is given to another.
//
// A removed endpoint drains: it leaves its cluster's table at once, keeps its record, its id and
// its flows, and is retired when no worker has a flow to it or drain_max has passed. A removed
// listener is retired at once, a removed cluster with the last of its endpoints.
//
// How to use it, on one thread:
//   ids for everything that is wanted:       listener(), cluster(), endpoint()
//   what is not wanted any more:             remove_...()
//   desired.draining = settle(g); submit     where g is the generation that `desired` will get
//   at times, with what the workers say:     observe(); if true, build a Desired and submit it
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/ids.h"
#include "dataplane/base/result.h"
#include "dataplane/wire/ip_address.h"
#include "mgmt/publish/identity.h"
#include "mgmt/publish/worker_reports.h"

namespace weft::mgmt {

struct EndpointKey {
  ClusterSlot cluster = none<ClusterSlot>;
  IpAddress address;
  uint16_t port = 0;
  bool operator==(const EndpointKey&) const = default;
};
struct EndpointKeyHash {
  std::size_t operator()(const EndpointKey& key) const;
};

// The longest that the flows of a removed endpoint may pin its slot.
inline constexpr Duration endpoint_drain_max = std::chrono::hours(1);

class Identities {
 public:
  explicit Identities(Duration drain_max = endpoint_drain_max);

  // The id of what is wanted: the same from call to call, also while it drains and comes back.
  // An Error when listeners_max, clusters_max or endpoints_max are in use.
  Result<ListenerId> listener(const std::string& name);
  Result<ClusterId> cluster(const std::string& name);
  // Requires: the cluster has this slot now.
  Result<EndpointId> endpoint(const EndpointKey& key);

  // Requires: was wanted until now.
  void remove_listener(const std::string& name);
  // Requires: its endpoints were removed before it.
  void remove_cluster(const std::string& name);
  void remove_endpoint(const EndpointKey& key, Instant now);

  // What has been removed by now is absent from the snapshot `generation` and all later ones,
  // except for the endpoints that this gives, which go into Desired::draining. Requires: the
  // Desired of that generation has exactly what is wanted now; generations grow. An endpoint that
  // is `held` (a table of that Desired or a later one names it) goes on draining.
  std::vector<EndpointSlot> settle(uint64_t generation, const std::set<EndpointSlot>& held = {});

  // Frees the slots that nobody refers to. True when an endpoint has finished draining: a new
  // Desired, settled, will be without it unless it is held.
  bool observe(const WorkerReports& reports, Instant now);

  // Whether the endpoint was removed and has flows yet, or had at the last observe().
  bool draining(EndpointSlot slot) const { return drains_.contains(slot); }
  // Removed endpoints whose slot some worker may still use.
  std::size_t endpoints_retired() const { return endpoints_.retired(); }

 private:
  struct Drain {
    EndpointKey key;
    Instant until;
    uint64_t left_generation = 0;  // the first without it in a cluster; 0: none yet
    bool ended = false;
  };
  struct ClusterUse {
    std::string name;
    uint32_t endpoints = 0;  // wanted or draining
  };

  const Duration drain_max_;
  Identity<std::string, ListenerSlot> listeners_;
  Identity<std::string, ClusterSlot> clusters_;
  Identity<EndpointKey, EndpointSlot, EndpointKeyHash> endpoints_;
  std::map<EndpointSlot, Drain> drains_;
  std::map<ListenerSlot, std::string> removed_listeners_;
  std::map<ClusterSlot, ClusterUse> cluster_use_;
};

}  // namespace weft::mgmt
