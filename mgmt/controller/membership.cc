#include "mgmt/controller/membership.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "dataplane/base/check.h"

namespace weft::mgmt {

static EndpointKey key_of(const TrackedCluster& cluster, const EndpointAddress& at) {
  return {cluster.id.slot, at.address, at.port};
}

bool TrackedCluster::has(const EndpointAddress& at) const {
  const auto endpoint = endpoints.find(at);
  return endpoint != endpoints.end() && endpoint->second.live;
}

Membership::Membership(ProbeLimits limits, uint64_t seed, const std::vector<Order>& orders,
                       EndpointStates& states, Identities& identities, std::vector<LogRecord>& log)
    : states_(states), identities_(identities), log_(log), schedule_(limits, seed) {
  for (const Order& order : orders) {
    orders_.insert_or_assign({order.cluster, {order.address, order.port}}, order);
  }
}

// ---- clusters

Result<void> Membership::claim(const std::vector<ClusterSettings>& settings, const HostNames& names,
                               const OwnAddresses& own, Claim& claim) const {
  for (const ClusterSettings& cluster : settings) {
    const TrackedCluster* known = find(cluster.name);
    const Result<ClusterId> id = claim.cluster(cluster.name, known != nullptr);
    if (!id) return tl::unexpected<Error>(id.error());
    for (const DiscoveredEndpoint& endpoint : discover(cluster, names, own).endpoints) {
      const EndpointAddress& at = endpoint.at;
      const bool live = known != nullptr && known->has(at);
      const Result<EndpointId> claimed = claim.endpoint({id->slot, at.address, at.port}, live);
      if (!claimed) return tl::unexpected<Error>(claimed.error());
    }
  }
  return {};
}

void Membership::on_config(const Model& model, Instant now) {
  live_.clear();
  std::set<std::string_view> names;
  const auto paths = probe_paths(model);
  for (const ClusterSettings& cluster : model.clusters) {
    names.insert(cluster.name);
    const auto path = paths.find(cluster.name);
    TrackedCluster& configured =
        configure(cluster, path == paths.end() ? std::nullopt : std::optional(path->second), now);
    live_.push_back(&configured);
  }
  for (auto& [name, cluster] : clusters_) {
    if (cluster.live && !names.contains(name)) leave(cluster, now);
  }
}

TrackedCluster& Membership::configure(const ClusterSettings& settings,
                                      std::optional<ProbePath> path, Instant now) {
  const auto [place, added] = clusters_.try_emplace(settings.name);
  TrackedCluster& cluster = place->second;
  const Result<ClusterId> id = identities_.cluster(settings.name);
  CHECK(id && (added || *id == cluster.id));
  if (added) states_.set_fit_endpoints(id->slot, 0);
  cluster.id = *id;
  cluster.live = true;
  const bool other_path = path != cluster.probe_path;
  const bool other_health = other_path || settings.health != cluster.settings.health;
  cluster.table_changed = cluster.table_changed || settings != cluster.settings;
  cluster.settings = settings;
  cluster.probe_path = std::move(path);
  if (other_path) watch_anew(cluster);
  if (other_health) {
    cluster.health =
        settings.health ? std::make_shared<const HealthSettings>(*settings.health) : nullptr;
    set_health(cluster, now);
  }
  return cluster;
}

void Membership::leave(TrackedCluster& cluster, Instant now) {
  cluster.live = false;
  forget_tables(cluster);
  for (auto& [at, endpoint] : cluster.endpoints) {
    if (!endpoint.live) continue;
    endpoint.live = false;
    leaving_.insert(endpoint.id.slot);
    drain_when_published(endpoint.id.slot);
    identities_.remove_endpoint(key_of(cluster, at), now);
  }
  identities_.remove_cluster(cluster.settings.name);
  cluster.live_endpoints = cluster.unprobed_endpoints = 0;
}

const TrackedCluster* Membership::find(std::string_view cluster) const {
  const auto found = clusters_.find(cluster);
  return found != clusters_.end() && found->second.live ? &found->second : nullptr;
}

// ---- sets

bool Membership::on_set(std::string_view name, EndpointSet set, Instant now) {
  const auto found = clusters_.find(name);
  CHECK(found != clusters_.end() && found->second.live);
  TrackedCluster& cluster = found->second;
  const TrackedCluster* known_by = sibling(cluster, set);
  uint32_t added = 0;
  uint32_t removed = 0;
  uint32_t left_out = 0;
  bool changed = false;
  for (const DiscoveredEndpoint& endpoint : set.endpoints) {
    const auto known = cluster.endpoints.find(endpoint.at);
    if (known != cluster.endpoints.end()) {
      added += known->second.live ? 0 : 1;
      changed |= update(place(known->second.id.slot), endpoint, now);
    } else {
      ++(add(cluster, endpoint, known_by, now) ? added : left_out);
    }
  }
  for (const auto& [at, endpoint] : cluster.endpoints) {
    const bool wanted = std::ranges::binary_search(set.endpoints, at, {}, &DiscoveredEndpoint::at);
    if (!endpoint.live || wanted) continue;
    ++removed;
    remove(place(endpoint.id.slot), now);
  }
  cluster.complete = set.complete;
  if (left_out > 0) {
    set.problem += fmt::format("{}{} endpoints left out: every endpoint slot is taken",
                               set.problem.empty() ? "" : "; ", left_out);
  }
  note_set(cluster, added, removed, std::move(set.problem), now);
  cluster.table_changed = cluster.table_changed || changed || added > 0 || removed > 0;
  return changed || added > 0 || removed > 0;
}

void Membership::note_set(TrackedCluster& cluster, uint32_t added, uint32_t removed,
                          std::string problem, Instant now) {
  if (added > 0 || removed > 0) {
    log_.push_back({.at = now,
                    .event = "cluster_endpoints",
                    .cluster = cluster.settings.name,
                    .to = fmt::format("{} endpoints", cluster.live_endpoints),
                    .why = fmt::format("{} added, {} removed", added, removed)});
  }
  if (problem != cluster.problem) {
    log_.push_back({.level = problem.empty() ? LogRecord::Level::info : LogRecord::Level::warning,
                    .at = now,
                    .event = "cluster_problem",
                    .cluster = cluster.settings.name,
                    .why = problem.empty() ? "solved" : problem});
  }
  cluster.problem = std::move(problem);
}

const TrackedCluster* Membership::sibling(const TrackedCluster& cluster,
                                          const EndpointSet& set) const {
  if (!cluster.health || !cluster.endpoints.empty() || set.endpoints.empty()) return nullptr;
  for (const auto& [name, other] : clusters_) {
    if (!other.health || *other.health != *cluster.health) continue;
    if (other.probe_path != cluster.probe_path) continue;
    if (other.endpoints.contains(set.endpoints.front().at)) return &other;
  }
  return nullptr;
}

bool Membership::add(TrackedCluster& cluster, const DiscoveredEndpoint& discovered,
                     const TrackedCluster* known_by, Instant now) {
  const EndpointAddress& at = discovered.at;
  const Result<EndpointId> claimed = identities_.endpoint(key_of(cluster, at));
  if (!claimed) return false;
  const EndpointId id = *claimed;
  EndpointHealth health(cluster.health != nullptr, now);
  if (known_by != nullptr) {
    const auto known = known_by->endpoints.find(at);
    if (known != known_by->endpoints.end() && known->second.health.judged()) {
      health = EndpointHealth::as_known(known->second.health, known_by->settings.name, now);
    }
  }
  TrackedEndpoint& endpoint =
      cluster.endpoints
          .emplace(at, TrackedEndpoint{.id = id,
                                       .weight = discovered.weight,
                                       .server_id = discovered.server_id,
                                       .host = discovered.host,
                                       .order = find_order(cluster.settings.name, at),
                                       .founding = !cluster.complete,
                                       .health = health})
          .first->second;
  if (index(id.slot) >= places_.size()) places_.resize(index(id.slot) + 1);
  places_[index(id.slot)] = {&cluster, at, &endpoint};
  ++cluster.live_endpoints;
  cluster.unprobed_endpoints += endpoint.health.judged() ? 0 : 1;
  cluster.healthy_endpoints += endpoint.health.state() == EndpointState::healthy ? 1 : 0;
  const bool healthy = endpoint.health.state() == EndpointState::healthy;
  write_word(place(id.slot), healthy && !endpoint.founding, now);
  states_.set_fit_endpoints(cluster.id.slot, cluster.healthy_endpoints);
  obey(place(id.slot), endpoint.order, now);
  watch(place(id.slot), now);
  return true;
}

bool Membership::update(const Place& place, const DiscoveredEndpoint& discovered, Instant now) {
  TrackedEndpoint& endpoint = *place.endpoint;
  endpoint.host = discovered.host;
  const bool other_id = endpoint.server_id != discovered.server_id;
  endpoint.server_id = discovered.server_id;
  if (endpoint.live && endpoint.weight == discovered.weight) return other_id;
  endpoint.weight = discovered.weight;
  if (std::exchange(endpoint.adopted, false)) --adopted_endpoints_;
  if (!endpoint.live) {
    const Result<EndpointId> id = identities_.endpoint(key_of(*place.cluster, place.at));
    CHECK(id && *id == endpoint.id);
    endpoint.live = true;
    leaving_.erase(endpoint.id.slot);
    ++place.cluster->live_endpoints;
    place.cluster->unprobed_endpoints += endpoint.health.judged() ? 0 : 1;
  }
  if (endpoint.weight == 0) {
    drain_when_published(endpoint.id.slot);
  } else {
    drains_from_.erase(endpoint.id.slot);
    drain(place, now);
  }
  return true;
}

void Membership::remove(const Place& place, Instant now) {
  place.endpoint->live = false;
  leaving_.insert(place.endpoint->id.slot);
  identities_.remove_endpoint(key_of(*place.cluster, place.at), now);
  --place.cluster->live_endpoints;
  place.cluster->unprobed_endpoints -= place.endpoint->health.judged() ? 0 : 1;
  drain_when_published(place.endpoint->id.slot);
}

EndpointSlot Membership::find_or_adopt(std::string_view name, const EndpointAddress& at,
                                       Instant now, bool& adopted) {
  adopted = false;
  const auto found = clusters_.find(name);
  if (found == clusters_.end() || !found->second.live) return none<EndpointSlot>;
  TrackedCluster& cluster = found->second;
  const auto known = cluster.endpoints.find(at);
  if (known != cluster.endpoints.end()) return known->second.id.slot;
  if (!cluster.complete || adopted_endpoints_ == adopted_endpoints_max) return none<EndpointSlot>;
  if (!add(cluster, {.at = at, .weight = 1, .host = {}, .server_id = {}}, nullptr, now)) {
    return none<EndpointSlot>;
  }
  TrackedEndpoint& endpoint = cluster.endpoints.at(at);
  endpoint.adopted = adopted = true;
  ++adopted_endpoints_;
  remove(place(endpoint.id.slot), now);
  log_.push_back({.at = now,
                  .event = "endpoint_adopted",
                  .cluster = cluster.settings.name,
                  .endpoint = at.to_string(),
                  .why = "a peer of the fleet has flows on it"});
  return endpoint.id.slot;
}

void Membership::forget(EndpointSlot slot, Instant now) {
  drain(place(slot), now);  // workers may have been faster than the word that it is published
  const Place forgotten = place(slot);
  leaving_.erase(slot);
  drains_from_.erase(slot);
  watches_from_.erase(slot);
  schedule_.remove(slot);
  slow_starts_.end(slot);
  states_.set(slot, EndpointState::down);
  if (forgotten.endpoint->adopted) --adopted_endpoints_;
  places_[index(slot)] = {};
  forgotten.cluster->endpoints.erase(forgotten.at);
}

// ---- what workers read

void Membership::on_desired(uint64_t generation, Instant now) {
  std::vector<EndpointSlot> ended;
  for (auto& [slot, from] : drains_from_) {
    if (from == 0) from = generation;
  }
  for (auto& [slot, from] : watches_from_) {
    if (from == 0) from = generation;
  }
  for (const EndpointSlot slot : leaving_) {
    if (!identities_.draining(slot)) ended.push_back(slot);
  }
  for (const EndpointSlot slot : ended) forget(slot, now);
  std::erase_if(clusters_, [](const auto& item) {
    return !item.second.live && item.second.endpoints.empty();
  });
}

void Membership::on_published(uint64_t generation, Instant now) {
  std::erase_if(drains_from_, [&](const auto& item) {
    const auto& [slot, from] = item;
    if (from == 0 || from > generation) return false;
    drain(place(slot), now);
    return true;
  });
  std::erase_if(watches_from_, [&](const auto& item) {
    const auto& [slot, from] = item;
    if (from == 0 || from > generation) return false;
    const HealthSettings& health = *place(slot).cluster->health;
    schedule_.add(slot, {health.interval_ms, health.timeout_ms}, now);
    return true;
  });
}

}  // namespace weft::mgmt
