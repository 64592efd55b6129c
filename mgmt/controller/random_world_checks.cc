// What must hold in a RandomWorld whatever happens.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "mgmt/controller/random_world.h"

namespace weft::mgmt {

void RandomWorld::note(std::string line) {
  transcript_.push_back(fmt::format("{} {}", now_.time_since_epoch().count(), line));
}

void RandomWorld::breach(std::string what) {
  note("BREACH " + what);
  breaches_.push_back(transcript_.back());
}

void RandomWorld::check() {
  const GatewayStatus status = controller_->status();
  std::set<EndpointSlot> slots;
  std::map<std::pair<std::string, EndpointAddress>, EndpointId> ids;
  for (const ClusterStatus& cluster : status.clusters) {
    const auto settings = std::ranges::find(model_.clusters, cluster.name, &ClusterSettings::name);
    if (settings == model_.clusters.end()) return;  // a reload waits
    uint32_t healthy = 0;
    for (const EndpointStatus& endpoint : cluster.endpoints) {
      healthy += endpoint.state == EndpointState::healthy ? 1 : 0;
      if (!slots.insert(endpoint.id.slot).second) breach("two endpoints in one slot");
      ids[{cluster.name, {endpoint.address, endpoint.port}}] = endpoint.id;
      check_endpoint(*settings, endpoint);
    }
    if (states_.fit_endpoints(cluster.id.slot) != healthy) {
      breach(fmt::format("cluster {} has {} healthy endpoints, but {} are fit", cluster.name,
                         healthy, states_.fit_endpoints(cluster.id.slot)));
    }
  }
  for (const auto& [key, id] : ids) {
    const auto before = ids_.find(key);
    if (before != ids_.end() && before->second != id) breach("an endpoint got another id");
  }
  ids_ = std::move(ids);
}

void RandomWorld::check_endpoint(const ClusterSettings& settings, const EndpointStatus& endpoint) {
  const EndpointAddress at{endpoint.address, endpoint.port};
  const std::string text = fmt::format("{} in {}", at.to_string(), settings.name);
  Watched& watched = watched_[{endpoint.id.slot, endpoint.id.generation}];
  Host& host = hosts_[at];
  if (states_.get(endpoint.id.slot) != endpoint.state) breach("another state word: " + text);
  if (!settings.health) host.ever_passed = true;
  if (watched.health != settings.health) {
    watched.health = settings.health;
    watched.judged_by_probes_since = now_;
  }
  const bool alive = endpoint.state != EndpointState::down;
  if (alive && !host.ever_passed) breach("healthy without a success: " + text);
  const auto order = orders_.find(settings.name + "/" + at.to_string());
  const bool ordered = order != orders_.end();
  const bool disabled = ordered && order->second == OrderKind::disable;
  if (disabled && alive) breach("disabled and not down: " + text);
  if (ordered && endpoint.state == EndpointState::healthy) breach("ordered and healthy: " + text);
  const bool watched_before = ids_.contains({settings.name, at});  // not away with its cluster
  const bool fell = !alive && watched_before && watched.state != EndpointState::down;
  if (fell && !disabled && settings.health && watched.failures_in_a_row < settings.health->fall) {
    breach(fmt::format("down after {} failures: {}", watched.failures_in_a_row, text));
  }
  if (endpoint.why.starts_with("healthy in cluster")) ++seen_["known from another cluster"];
  if (endpoint.why == "removed") ++seen_["draining"];
  if (endpoint.why == "weight 0") ++seen_["weight 0"];
  watched.state = endpoint.state;
  check_promise(settings, endpoint, watched);
}

// A dead endpoint is down within fall x interval + timeout, a lost report and the loop's lateness
// added. After a reload the time counts from there, and a probe of the settings before may still be
// in flight.
void RandomWorld::check_promise(const ClusterSettings& settings, const EndpointStatus& endpoint,
                                const Watched& watched) {
  const Host& host = hosts_.at({endpoint.address, endpoint.port});
  if (!settings.health || host.alive || endpoint.state == EndpointState::down) return;
  const HealthSettings& health = *settings.health;
  const ProbeLimits limits;
  const Duration promise =
      health.fall * health.interval_ms + health.timeout_ms + limits.overdue_margin;
  const bool reloaded = watched.judged_by_probes_since > host.dead_since;
  const Duration lateness = milliseconds(20) + (reloaded ? milliseconds(600) : milliseconds(0));
  const Instant from = std::max(host.dead_since, watched.judged_by_probes_since);
  if (now_ <= from + promise + lateness) return;
  breach(fmt::format("{} of {} is dead for {} ms and {}", endpoint.address.to_string(),
                     settings.name, to_ms(now_ - from), name(endpoint.state)));
}

// Of clusters without host names the set is exactly what the configuration says.
void RandomWorld::check_set(const ClusterSettings& settings, const DesiredCluster& cluster) {
  if (!names_in(settings).empty()) return;
  std::set<EndpointAddress> configured;
  for (const EndpointSettings& endpoint : settings.endpoints) {
    configured.insert({*IpAddress::parse(endpoint.host), endpoint.port});
  }
  std::set<EndpointAddress> published;
  for (const DesiredEndpoint& endpoint : cluster.endpoints) {
    published.insert({endpoint.address, endpoint.port});
  }
  if (published != configured) breach("cluster " + settings.name + " has another set");
}

void RandomWorld::check_desired(const Actions& actions) {
  if (actions.generation != ++desired_generation_) breach("a generation was left out");
  const Desired& desired = *actions.desired;
  std::set<EndpointSlot> known(desired.draining.begin(), desired.draining.end());
  const OwnAddresses own(controller_->model());
  const std::vector<ClusterSettings>& settings = controller_->model().clusters;
  if (desired.clusters.size() != settings.size()) return breach("a cluster is missing");
  for (std::size_t i = 0; i < settings.size(); ++i) check_set(settings[i], desired.clusters.at(i));
  std::set<EndpointSlot> named;  // by a previous table
  for (const DesiredCluster& cluster : desired.clusters) {
    if (cluster.previous != nullptr) {
      ++seen_["previous table"];
      for (const auto& endpoint : cluster.previous->endpoints) named.insert(endpoint.id.slot);
    }
    for (std::size_t i = 0; i < cluster.endpoints.size(); ++i) {
      const DesiredEndpoint& endpoint = cluster.endpoints[i];
      if (!own.owner(endpoint.address).empty()) breach("an endpoint is the gateway itself");
      if (!known.insert(endpoint.id.slot).second) breach("published twice, or while it drains");
      if (i == 0) continue;
      const DesiredEndpoint& before = cluster.endpoints[i - 1];
      const bool ordered = EndpointAddress{before.address, before.port} <
                           EndpointAddress{endpoint.address, endpoint.port};
      if (!ordered) breach("endpoints out of order");
    }
  }
  if (!std::ranges::includes(known, named)) breach("a previous table names one without a record");
  for (const auto& [slot, count] : flows_) {
    if (count > 0 && !known.contains(slot)) breach("an endpoint with flows has lost its record");
  }
}

}  // namespace weft::mgmt
