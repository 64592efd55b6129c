#include "mgmt/publish/identities.h"

#include <utility>

#include "dataplane/base/check.h"
#include "dataplane/base/planted_bug.h"
#include "dataplane/table/hash_of.h"

namespace weft::mgmt {

std::size_t EndpointKeyHash::operator()(const EndpointKey& key) const {
  return mix(hash_of(key.address), uint64_t{index(key.cluster)} << 16 | key.port);
}

Identities::Identities(Duration drain_max)
    : drain_max_(drain_max),
      listeners_("listener", listeners_max),
      clusters_("cluster", clusters_max),
      endpoints_("endpoint", endpoints_max) {}

Result<ListenerId> Identities::listener(const std::string& name) {
  const Result<ListenerId> id = listeners_.acquire(name);
  if (id) removed_listeners_.erase(id->slot);
  return id;
}

Result<ClusterId> Identities::cluster(const std::string& name) {
  const Result<ClusterId> id = clusters_.acquire(name);
  if (id) cluster_use_[id->slot].name = name;
  return id;
}

Result<EndpointId> Identities::endpoint(const EndpointKey& key) {
  const bool known = endpoints_.find(key).has_value();
  const Result<EndpointId> id = endpoints_.acquire(key);
  if (!id) return id;
  drains_.erase(id->slot);
  if (!known) ++cluster_use_.at(key.cluster).endpoints;
  return id;
}

void Identities::remove_listener(const std::string& name) {
  listeners_.release(name);
  removed_listeners_[listeners_.find(name)->slot] = name;
}

void Identities::remove_cluster(const std::string& name) {
  clusters_.release(name);
}

void Identities::remove_endpoint(const EndpointKey& key, Instant now) {
  endpoints_.release(key);
  drains_[endpoints_.find(key)->slot] = {key, now + drain_max_};
}

std::vector<EndpointSlot> Identities::settle(uint64_t generation,
                                             const std::set<EndpointSlot>& held) {
  for (const auto& [slot, name] : removed_listeners_) listeners_.retire(name, generation);
  removed_listeners_.clear();
  std::vector<EndpointSlot> draining;
  for (auto drain = drains_.begin(); drain != drains_.end();) {
    auto& [slot, state] = *drain;
    if (state.ended && !held.contains(slot)) {
      endpoints_.retire(state.key, generation);
      --cluster_use_.at(state.key.cluster).endpoints;
      drain = drains_.erase(drain);
      continue;
    }
    if (state.left_generation == 0) state.left_generation = generation;
    draining.push_back(slot);
    ++drain;
  }
  // A cluster's slot is in the records of its endpoints: it goes with the last of them.
  const std::set<ClusterSlot> removed_clusters = clusters_.leaving();
  for (const ClusterSlot slot : removed_clusters) {
    const auto use = cluster_use_.find(slot);
    if (use->second.endpoints > 0) continue;
    clusters_.retire(use->second.name, generation);
    cluster_use_.erase(use);
  }
  return draining;
}

bool Identities::observe(const WorkerReports& reports, Instant now) {
  const bool early = planted(PlantedBug::slot_reused_early);
  const uint64_t swept_generation = early ? UINT64_MAX : reports.swept_generation();
  listeners_.sweep(swept_generation);
  clusters_.sweep(swept_generation);
  endpoints_.sweep(swept_generation);
  // A worker that still reads an older generation may just be giving the endpoint a flow.
  const uint64_t adopted_generation = reports.adopted_generation();
  bool ended = false;
  for (auto& [slot, drain] : drains_) {
    if (drain.left_generation == 0) continue;
    const bool idle =
        early || (adopted_generation >= drain.left_generation && reports.flows_active(slot) == 0);
    // One that is held may get flows again: those of other gateways, by a table of before.
    const bool had_ended = std::exchange(drain.ended, idle || now >= drain.until);
    ended = ended || (drain.ended && !had_ended);
  }
  return ended;
}

}  // namespace weft::mgmt
