// The part of Membership that keeps the tables of clusters whose sets have changed.
#include <algorithm>
#include <utility>

#include "mgmt/controller/membership.h"

namespace weft::mgmt {

void Membership::roll_tables(Instant now) {
  for (auto& [name, cluster] : clusters_) {
    if (!cluster.live || !std::exchange(cluster.table_changed, false)) continue;
    DesiredTable table{.maglev_slots = cluster.settings.maglev_slots, .endpoints = {}};
    for (const auto& [at, endpoint] : cluster.endpoints) {
      if (!endpoint.live) continue;
      table.endpoints.push_back({endpoint.id, at.address, at.port, endpoint.weight});
    }
    cluster.tables.replace(std::move(table), cluster.settings.previous_tables_ms, now);
    if (cluster.tables.size() == 0) continue;
    rolled_[cluster.id.slot] = &cluster;
    table_expiries_.set(index(cluster.id.slot), cluster.tables.next_expiry());
  }
}

bool Membership::expire_tables(Instant now) {
  bool expired = false;
  while (!table_expiries_.empty() && table_expiries_.earliest() <= now) {
    const ClusterSlot slot{table_expiries_.pop()};
    PreviousTables& tables = rolled_.at(slot)->tables;
    expired |= tables.expire(now);
    if (tables.size() == 0) {
      rolled_.erase(slot);
    } else {
      table_expiries_.set(index(slot), tables.next_expiry());
    }
  }
  return expired;
}

void Membership::forget_tables(TrackedCluster& cluster) {
  cluster.tables.clear();
  cluster.table_changed = true;
  table_expiries_.erase(index(cluster.id.slot));
  rolled_.erase(cluster.id.slot);
}

std::set<EndpointSlot> Membership::held() const {
  std::set<EndpointSlot> held;
  for (const auto& [slot, cluster] : rolled_) {
    cluster->tables.for_each_endpoint([&](EndpointSlot endpoint) {
      if (leaving_.contains(endpoint)) held.insert(endpoint);
    });
  }
  return held;
}

Instant Membership::next_poll() const {
  const Instant expiry = table_expiries_.empty() ? Instant::max() : table_expiries_.earliest();
  return std::min({schedule_.next_poll(), slow_starts_.next_poll(), expiry});
}

}  // namespace weft::mgmt
