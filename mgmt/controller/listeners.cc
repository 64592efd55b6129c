#include "mgmt/controller/listeners.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "dataplane/base/check.h"

namespace weft::mgmt {

Result<void> Listeners::claim(const std::vector<ListenerSettings>& settings, Claim& claim) const {
  for (const ListenerSettings& listener : settings) {
    const Result<ListenerId> id = claim.listener(listener.name, by_name_.contains(listener.name));
    if (!id) return tl::unexpected<Error>(id.error());
  }
  return {};
}

void Listeners::on_config(const std::vector<ListenerSettings>& settings, Duration ready_after,
                          Instant now) {
  live_.clear();
  by_slot_.assign(listeners_max, nullptr);
  std::set<std::string_view> names;
  for (const ListenerSettings& listener : settings) {
    names.insert(listener.name);
    live_.push_back(&configure(listener, ready_after, now));
    by_slot_[index(live_.back()->id.slot)] = live_.back();
  }
  std::erase_if(by_name_, [&](const auto& item) {
    if (names.contains(item.first)) return false;
    identities_.remove_listener(item.first);
    record(item.second, "listener_removed", "", now);
    return true;
  });
  sort_by_address();
}

void Listeners::sort_by_address() {
  exact_.clear();
  ranges_.clear();
  for (const TrackedListener* listener : live_) {
    const ListenerSettings& settings = listener->settings;
    if (settings.protocol != Protocol::tcp) continue;
    if (settings.address.is_host() && settings.first_port == settings.last_port) {
      exact_.emplace(std::pair(settings.address.address(), settings.first_port), listener);
    } else {
      ranges_.push_back(listener);
    }
  }
  std::ranges::stable_sort(ranges_, {}, [](const TrackedListener* listener) {
    const ListenerSettings& settings = listener->settings;
    const auto length = static_cast<int>(settings.address.length());
    return std::pair(-length, settings.last_port - settings.first_port);
  });
}

std::string_view Listeners::cluster_at(const IpAddress& address, uint16_t port) const {
  const auto exact = exact_.find({address, port});
  if (exact != exact_.end()) return exact->second->settings.cluster;
  const auto range = std::ranges::find_if(ranges_, [&](const TrackedListener* listener) {
    const ListenerSettings& settings = listener->settings;
    return settings.address.contains(address) && settings.first_port <= port &&
           port <= settings.last_port;
  });
  return range == ranges_.end() ? std::string_view() : (*range)->settings.cluster;
}

ListenerSlot Listeners::slot_of(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? none<ListenerSlot> : found->second.id.slot;
}

std::string_view Listeners::name_of(ListenerSlot slot) const {
  const bool known = index(slot) < by_slot_.size() && by_slot_[index(slot)] != nullptr;
  return known ? by_slot_[index(slot)]->settings.name : std::string_view();
}

TrackedListener& Listeners::configure(const ListenerSettings& settings, Duration ready_after,
                                      Instant now) {
  const auto [place, added] = by_name_.try_emplace(settings.name);
  TrackedListener& listener = place->second;
  listener.settings = settings;
  if (!added) return listener;
  const Result<ListenerId> id = identities_.listener(settings.name);
  CHECK(id);
  listener.id = *id;
  listener.ready_at_latest = now + ready_after;
  record(listener, "listener_added", "", now);
  return listener;
}

// What a listener of the cluster waits for, one clause.
static std::string waits_for(const TrackedCluster* cluster) {
  if (cluster == nullptr) return "its cluster is not configured";
  const std::string& name = cluster->settings.name;
  if (!cluster->complete) {
    return fmt::format("the addresses of cluster {} are not known yet{}{}", name,
                       cluster->problem.empty() ? "" : ": ", cluster->problem);
  }
  if (cluster->unprobed_endpoints > 0) {
    return fmt::format("{} endpoints of cluster {} are not probed yet", cluster->unprobed_endpoints,
                       name);
  }
  return "the workers do not serve it yet";
}

bool Listeners::poll(const Membership& membership, uint64_t decided_generation, Instant now) {
  bool somebody = false;
  for (TrackedListener* listener : live_) {
    if (listener->ready) continue;
    const TrackedCluster* cluster = membership.find(listener->settings.cluster);
    const bool judged = cluster != nullptr && cluster->judged();
    const bool out_of_patience = now >= listener->ready_at_latest;
    if (listener->generation == 0 && (judged || out_of_patience))
      listener->generation = decided_generation;
    if (listener->generation == 0 || published_generation_ < listener->generation) continue;
    listener->ready = somebody = true;
    record(*listener, "listener_ready",
           judged ? "" : fmt::format("ready_after_ms has passed, although {}", waits_for(cluster)),
           now);
  }
  return somebody;
}

Instant Listeners::next_poll() const {
  Instant next = Instant::max();
  for (const TrackedListener* listener : live_) {
    if (!listener->ready && listener->generation == 0)
      next = std::min(next, listener->ready_at_latest);
  }
  return next;
}

std::vector<const TrackedListener*> Listeners::live() const {
  return {live_.begin(), live_.end()};
}

std::string Listeners::why_not_ready(const TrackedListener& listener,
                                     const Membership& membership) const {
  return listener.ready ? std::string() : waits_for(membership.find(listener.settings.cluster));
}

void Listeners::record(const TrackedListener& listener, std::string event, std::string why,
                       Instant now) {
  log_.push_back({.at = now,
                  .event = std::move(event),
                  .listener = listener.settings.name,
                  .cluster = listener.settings.cluster,
                  .why = std::move(why)});
}

}  // namespace weft::mgmt
