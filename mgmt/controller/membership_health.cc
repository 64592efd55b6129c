// The half of Membership that follows the health of endpoints: probes, state words, counts, log.
#include <fmt/format.h>

#include "dataplane/base/check.h"
#include "dataplane/base/planted_bug.h"
#include "mgmt/controller/membership.h"

namespace weft::mgmt {

// Why the endpoint takes no new flows although it may be alive; empty: it takes them.
static std::string draining_why(const TrackedEndpoint& endpoint) {
  if (!endpoint.live) return "removed";
  if (endpoint.weight == 0) return "weight 0";
  const Order* order = endpoint.order;
  return order != nullptr && order->kind == OrderKind::drain ? "drained by " + order->by : "";
}

template <class Event>
void Membership::change(const Place& place, Instant now, Event event) {
  TrackedCluster& cluster = *place.cluster;
  TrackedEndpoint& endpoint = *place.endpoint;
  const EndpointState from = endpoint.health.state();
  const bool was_judged = endpoint.health.judged();
  const bool notable = event(endpoint.health);
  const EndpointState to = endpoint.health.state();
  if (endpoint.live && !was_judged && endpoint.health.judged()) --cluster.unprobed_endpoints;
  if (to != from) {
    // What the first verdict says of a founding endpoint is news to the gateway only.
    const bool learned = endpoint.founding && !was_judged;
    write_word(place, to == EndpointState::healthy && !learned, now);
    cluster.healthy_endpoints += to == EndpointState::healthy ? 1 : 0;
    cluster.healthy_endpoints -= from == EndpointState::healthy ? 1 : 0;
    states_.set_fit_endpoints(cluster.id.slot, cluster.healthy_endpoints);
  }
  if (!notable) return;
  const bool bad = to == EndpointState::down;
  log_.push_back({.level = bad ? LogRecord::Level::warning : LogRecord::Level::info,
                  .at = now,
                  .event = "endpoint_state",
                  .cluster = cluster.settings.name,
                  .endpoint = place.at.to_string(),
                  .from = std::string(name(from)),
                  .to = std::string(name(to)),
                  .why = endpoint.health.why()});
}

void Membership::write_word(const Place& place, bool starts_slowly, Instant now) {
  TrackedEndpoint& endpoint = *place.endpoint;
  const Duration duration = place.cluster->settings.slow_start_ms;
  if (starts_slowly && duration > Duration::zero()) {
    endpoint.share = 1;
    slow_starts_.begin(endpoint.id.slot, duration, now);
  } else {
    endpoint.share = flow_shares;
    slow_starts_.end(endpoint.id.slot);
  }
  states_.set(endpoint.id.slot, endpoint.health.state(), endpoint.share);
}

void Membership::drain(const Place& place, Instant now) {
  change(place, now, [&](EndpointHealth& health) {
    return health.on_drain(draining_why(*place.endpoint), now);
  });
}

void Membership::obey(const Place& place, const Order* order, Instant now) {
  place.endpoint->order = order;
  const bool disabled = order != nullptr && order->kind == OrderKind::disable;
  // What ends comes last: between a disable and a drain no worker may find it healthy.
  if (!disabled) drain(place, now);
  change(place, now, [&](EndpointHealth& health) {
    return health.on_disable(disabled ? "disabled by " + order->by : "", now);
  });
  if (disabled) drain(place, now);
}

void Membership::set_health(const TrackedCluster& cluster, Instant now) {
  for (const auto& [at, endpoint] : cluster.endpoints) {
    const Place& changed = place(endpoint.id.slot);
    change(changed, now, [&](EndpointHealth& health) {
      return health.on_checked(cluster.health != nullptr, now);
    });
    watch(changed, now);
  }
}

// Workers send what comes of an older way to nobody, or elsewhere.
void Membership::watch_anew(const TrackedCluster& cluster) {
  for (const auto& [at, endpoint] : cluster.endpoints) {
    schedule_.remove(endpoint.id.slot);
    watches_from_.erase(endpoint.id.slot);
  }
}

void Membership::watch(const Place& place, Instant now) {
  const EndpointId id = place.endpoint->id;
  const HealthSettings* health = place.cluster->health.get();
  if (health == nullptr) {
    watches_from_.erase(id.slot);
    if (schedule_.contains(id.slot)) schedule_.remove(id.slot);
    return;
  }
  const ProbeTimes times{health->interval_ms, health->timeout_ms};
  if (schedule_.contains(id.slot)) {
    schedule_.change(id.slot, times, now);
  } else if (place.cluster->probe_path) {
    watches_from_.try_emplace(id.slot, 0);
  } else {
    schedule_.add(id.slot, times, now);
  }
}

void Membership::on_probed(const EndpointProbed& probed, Instant now) {
  const EndpointSlot slot = probed.endpoint.slot;
  if (index(slot) >= places_.size() || place(slot).endpoint == nullptr) return;
  if (place(slot).endpoint->id != probed.endpoint) return;
  if (!schedule_.on_report({slot, probed.attempt}, now)) return;
  if (probed.outcome == ProbeOutcome::inconclusive) return;
  judge(place(slot), probed.outcome == ProbeOutcome::passed, probed.why, now);
}

void Membership::judge(const Place& place, bool passed, std::string_view why, Instant now) {
  const HealthSettings& settings = *place.cluster->health;
  change(place, now, [&](EndpointHealth& health) {
    return health.on_probe(passed, why, settings.fall, settings.rise, now);
  });
}

void Membership::poll(Instant now, Actions& actions) {
  slow_starts_.poll(now, [&](EndpointSlot slot, uint32_t share) {
    TrackedEndpoint& endpoint = *place(slot).endpoint;
    endpoint.share = share;
    states_.set(slot, endpoint.health.state(), share);
  });
  std::vector<ProbeAttempt> starts;
  std::vector<ProbeAttempt> overdue;
  schedule_.poll(now, starts, overdue);
  for (const ProbeAttempt& attempt : overdue) {
    if (planted(PlantedBug::missed_grace)) break;
    const Place& late = place(attempt.endpoint);
    judge(late, false,
          fmt::format("no result of the probe in {} ms", late.cluster->health->timeout_ms.count()),
          now);
  }
  for (const ProbeAttempt& attempt : starts) actions.probes.push_back(probe_of(attempt));
}

EndpointProbe Membership::probe_of(const ProbeAttempt& attempt) const {
  const Place& probed = place(attempt.endpoint);
  const TrackedCluster& cluster = *probed.cluster;
  EndpointProbe probe{.endpoint = probed.endpoint->id,
                      .attempt = attempt.attempt,
                      .address = probed.at.address,
                      .port = cluster.health->port != 0 ? cluster.health->port : probed.at.port,
                      .source = {},
                      .service = probed.at.address,
                      .settings = cluster.health};
  if (!cluster.probe_path) return probe;
  const ProbeRange& range = cluster.probe_path->range;
  probe.address = range.of(attempt.endpoint);
  probe.port = cluster.probe_path->port;
  probe.source = range.host();
  probe.service = cluster.probe_path->address;
  return probe;
}

}  // namespace weft::mgmt
