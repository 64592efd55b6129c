#include "mgmt/controller/next_hops.h"

#include <algorithm>

#include "dataplane/table/lpm.h"

namespace weft::mgmt {

std::set<NextHopAddress> next_hops_of(const Desired& desired) {
  std::set<NextHopAddress> next_hops;
  std::vector<Lpm<KernelRoute>::Item> items;
  for (const KernelRoute& route : desired.kernel.routes) {
    items.emplace_back(route.to, route);
    if (!route.gateway.is_unspecified()) next_hops.insert({route.interface, route.gateway});
  }
  const Lpm<KernelRoute> routes(items);
  for (const DesiredCluster& cluster : desired.clusters) {
    const auto want = [&](const DesiredEndpoint& endpoint) {
      const KernelRoute* route = routes.find(endpoint.address);
      if (route == nullptr || !route->gateway.is_unspecified()) return;
      next_hops.insert({route->interface, endpoint.address});
    };
    std::ranges::for_each(cluster.endpoints, want);
    std::ranges::for_each(cluster.adopted, want);
  }
  return next_hops;
}

void NextHops::update(const Desired& desired, Instant now) {
  const std::set<NextHopAddress> wanted = next_hops_of(desired);
  std::set<NextHopAddress> resolved;
  for (const KernelNeighbour& neighbour : desired.kernel.neighbours) {
    resolved.insert({neighbour.interface, neighbour.address});
  }
  std::erase_if(asks_, [&](const auto& item) {
    if (wanted.contains(item.first)) return false;
    due_.erase({item.second.next, item.first});
    return true;
  });
  for (const NextHopAddress& next_hop : wanted) {
    const auto [place, added] = asks_.try_emplace(next_hop);
    Ask& ask = place->second;
    const bool is_resolved = resolved.contains(next_hop);
    if (!added && ask.resolved == is_resolved) continue;
    ask.resolved = is_resolved;
    ask.retry = resolve_retry_first;
    schedule(next_hop, ask, is_resolved ? now + confirm_interval : now);
  }
}

void NextHops::on_wanted(const NextHopAddress& next_hop, Instant now) {
  if (wanted_.size() >= next_hops_wanted_max) {
    std::erase_if(wanted_, [&](const auto& item) { return item.second <= now; });
  }
  const bool full = wanted_.size() >= next_hops_wanted_max;
  const auto asked = wanted_.find(next_hop);
  if (asked == wanted_.end() ? full : asked->second > now) return;
  wanted_[next_hop] = now + resolve_retry_first;
  wanted_now_.push_back(next_hop);
}

void NextHops::poll(Instant now, std::vector<NextHopAddress>& neighbours) {
  neighbours.insert(neighbours.end(), wanted_now_.begin(), wanted_now_.end());
  wanted_now_.clear();
  if (now < not_before_) return;
  for (uint32_t asked = 0; !due_.empty() && due_.begin()->first <= now; ++asked) {
    if (asked == next_hops_per_poll_max) {
      not_before_ = now + next_hops_pause;
      return;
    }
    const NextHopAddress next_hop = due_.begin()->second;
    Ask& ask = asks_.at(next_hop);
    neighbours.push_back(next_hop);
    schedule(next_hop, ask, now + (ask.resolved ? confirm_interval : ask.retry));
    ask.retry = std::min(ask.retry * 2, resolve_retry_longest);
  }
}

Instant NextHops::next_poll() const {
  if (!wanted_now_.empty()) return Instant::min();
  return due_.empty() ? Instant::max() : std::max(due_.begin()->first, not_before_);
}

void NextHops::schedule(const NextHopAddress& next_hop, Ask& ask, Instant next) {
  due_.erase({ask.next, next_hop});
  ask.next = next;
  due_.insert({next, next_hop});
}

}  // namespace weft::mgmt
