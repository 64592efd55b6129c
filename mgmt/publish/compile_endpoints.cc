#include "mgmt/publish/compile_endpoints.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "dataplane/base/check.h"
#include "mgmt/publish/nat_returns.h"

namespace weft::mgmt {

namespace {

// What decides a cluster's set and table.
bool same_endpoints(const std::vector<DesiredEndpoint>& a, const std::vector<DesiredEndpoint>& b) {
  return std::ranges::equal(a, b, [](const DesiredEndpoint& one, const DesiredEndpoint& other) {
    return one.id == other.id && one.address == other.address && one.port == other.port &&
           one.weight == other.weight;
  });
}
bool same_set(const DesiredCluster& a, const DesiredCluster& b) {
  return a.maglev_slots == b.maglev_slots && same_endpoints(a.endpoints, b.endpoints);
}

std::shared_ptr<ClusterRecord> make_table(const std::vector<DesiredEndpoint>& endpoints,
                                          uint32_t configured_slots, uint64_t seed) {
  CHECK(endpoints.size() <= cluster_endpoints_max);
  auto table = std::make_shared<ClusterRecord>();
  std::vector<MaglevEndpoint> takers;
  for (const DesiredEndpoint& endpoint : endpoints) {
    if (endpoint.weight == 0) continue;
    takers.push_back({endpoint.address, endpoint.port, endpoint.weight});
    table->endpoints.push_back(endpoint.id.slot);
  }
  if (takers.empty()) return table;
  // Counted with those of weight 0: a weight that comes and goes does not reshuffle.
  const auto count = static_cast<uint32_t>(endpoints.size());
  table->maglev = std::make_shared<Maglev>(takers, maglev_slots(count, configured_slots), seed);
  return table;
}

void set_way(EndpointRecord& record, const Way& way) {
  record.source = way.source.first;
  record.source_host_bits = way.source.host_bits;
  record.source_is_workers = way.source.is_workers;
  record.on_link = way.on_link;
  record.path_mtu_bytes = way.path_mtu_bytes;
  record.next_hop = way.next_hop;
}

// Those of weight 0 too, and what is left of `old`: an endpoint that drains keeps its connections.
FlatMap<QuicServerId, EndpointSlot> server_ids(const DesiredCluster& cluster,
                                               const ClusterRecord* old,
                                               const std::vector<EndpointSlot>& draining) {
  std::vector<std::pair<QuicServerId, EndpointSlot>> ids;
  for (const DesiredEndpoint& endpoint : cluster.endpoints) {
    if (endpoint.server_id.length() == 0) continue;
    ids.emplace_back(endpoint.server_id, endpoint.id.slot);
  }
  if (old != nullptr) {
    old->server_ids.for_each([&](const QuicServerId& id, EndpointSlot slot) {
      if (std::ranges::binary_search(draining, slot)) ids.emplace_back(id, slot);
    });
  }
  return FlatMap<QuicServerId, EndpointSlot>(ids);
}

class EndpointCompiler {
 public:
  EndpointCompiler(const Desired& desired, const Compiled& previous, RoutingCompiler& routing)
      : desired_(desired), previous_(previous), routing_(routing) {
    if (previous.snapshot == nullptr) return;
    next_ = *previous.snapshot->endpoints;
    seed_changed_ = desired.hash_seed != previous.desired->hash_seed;
    for (const DesiredCluster& cluster : previous.desired->clusters) {
      before_.emplace(cluster.id.slot, &cluster);
    }
    for (const EndpointSlot slot : previous.desired->draining) had_.push_back(slot);
  }

  std::shared_ptr<const EndpointPart> compile() {
    for (const DesiredCluster& cluster : desired_.clusters) add(cluster);
    for (const auto& [slot, cluster] : before_) remove(*cluster);
    for (const EndpointSlot slot : desired_.draining) drain(slot);
    forget_gone();
    const bool same_returns = previous_.desired != nullptr && !members_changed_ &&
                              desired_.listeners == previous_.desired->listeners;
    if (previous_.snapshot != nullptr && !clusters_changed_ && changes_.empty() && same_returns) {
      return previous_.snapshot->endpoints;
    }
    if (!changes_.empty()) next_.records = next_.records.with(changes_);
    if (!same_returns) next_.nat_returns = nat_returns(desired_);
    return std::make_shared<const EndpointPart>(std::move(next_));
  }

 private:
  void add(const DesiredCluster& cluster) {
    const auto known = before_.find(cluster.id.slot);
    const DesiredCluster* before = nullptr;
    if (known != before_.end() && known->second->id == cluster.id) {
      before = known->second;
      before_.erase(known);  // what remains at the end was removed
    }
    const bool same = before != nullptr && *before == cluster;
    if (same && !routing_.ways_changed()) {
      if (routing_.gives_up_unused()) {
        for_each_member(cluster, [&](const DesiredEndpoint& endpoint) {
          routing_.keep(next_.records[index(endpoint.id.slot)].next_hop);
        });
      }
    } else {
      uint16_t least_bytes = 0;
      for_each_member(cluster, [&](const DesiredEndpoint& each) {
        const uint16_t bytes = put(cluster, each).path_mtu_bytes;
        if (least_bytes == 0 || (bytes != 0 && bytes < least_bytes)) least_bytes = bytes;
      });
      set_path_mtu(cluster.id.slot, least_bytes);
    }
    for (const DesiredEndpoint& endpoint : cluster.adopted) adopted_.insert(endpoint.id.slot);
    if (!same) compare_members(cluster, before);
    const bool same_table = before != nullptr && !seed_changed_ && same_set(*before, cluster);
    if (same_table && before->endpoints == cluster.endpoints &&
        before->previous == cluster.previous) {
      return;
    }
    const ClusterRecord* old =
        before == nullptr ? nullptr : next_.clusters[index(cluster.id.slot)].get();
    auto record = cluster_record(cluster, before, seed_changed_ ? nullptr : old);
    record->server_ids = server_ids(cluster, old, desired_.draining);
    set_cluster(cluster.id.slot, std::move(record));
  }

  template <class Call>
  static void for_each_member(const DesiredCluster& cluster, Call call) {
    for (const DesiredEndpoint& endpoint : cluster.endpoints) call(endpoint);
    for (const DesiredEndpoint& endpoint : cluster.adopted) call(endpoint);
  }

  // Without server ids. What was `built` for `before` (null: nothing) is used again.
  std::shared_ptr<ClusterRecord> cluster_record(const DesiredCluster& cluster,
                                                const DesiredCluster* before,
                                                const ClusterRecord* built) const {
    const auto table = [&](uint32_t slots, const std::vector<DesiredEndpoint>& endpoints) {
      auto record = std::make_shared<ClusterRecord>();
      if (built == nullptr || before->maglev_slots != slots ||
          !same_endpoints(before->endpoints, endpoints)) {
        return make_table(endpoints, slots, desired_.hash_seed);
      }
      record->maglev = built->maglev;
      record->endpoints = built->endpoints;
      return record;
    };
    const auto record = table(cluster.maglev_slots, cluster.endpoints);
    if (built != nullptr && cluster.previous == before->previous) {
      record->previous = built->previous;
    } else if (cluster.previous != nullptr) {
      record->previous = table(cluster.previous->maglev_slots, cluster.previous->endpoints);
    }
    return record;
  }

  void remove(const DesiredCluster& cluster) {
    for (const DesiredEndpoint& endpoint : cluster.endpoints) had_.push_back(endpoint.id.slot);
    members_changed_ = true;
    const auto reused = std::ranges::find_if(desired_.clusters, [&](const DesiredCluster& other) {
      return other.id.slot == cluster.id.slot;
    });
    if (reused == desired_.clusters.end()) set_cluster(cluster.id.slot, nullptr);
  }

  // Remembers who was and who is in a cluster that changed.
  void compare_members(const DesiredCluster& cluster, const DesiredCluster* before) {
    for (const DesiredEndpoint& endpoint : cluster.endpoints) has_.push_back(endpoint.id.slot);
    const auto same_member = [](const DesiredEndpoint& a, const DesiredEndpoint& b) {
      return a.id == b.id && a.address == b.address && a.port == b.port;
    };
    if (before == nullptr) {
      members_changed_ = true;
      return;
    }
    for (const DesiredEndpoint& endpoint : before->endpoints) had_.push_back(endpoint.id.slot);
    members_changed_ =
        members_changed_ || !std::ranges::equal(cluster.endpoints, before->endpoints, same_member);
  }

  void set_cluster(ClusterSlot slot, std::shared_ptr<const ClusterRecord> record) {
    CHECK(index(slot) < clusters_max);
    if (next_.clusters.size() <= index(slot)) next_.clusters.resize(index(slot) + 1);
    next_.clusters[index(slot)] = std::move(record);
    clusters_changed_ = true;
  }

  void set_path_mtu(ClusterSlot slot, uint16_t bytes) {
    std::vector<uint16_t>& all = next_.path_mtus_bytes;
    if (all.size() <= index(slot)) all.resize(index(slot) + 1);
    all[index(slot)] = bytes;
  }

  EndpointRecord put(const DesiredCluster& cluster, const DesiredEndpoint& endpoint) {
    const Way way = routing_.way_to(endpoint.address);
    EndpointRecord record{.address = endpoint.address,
                          .port = be16(endpoint.port),
                          .flows_max = cluster.endpoint_flows_max,
                          .cluster = cluster.id.slot,
                          .probed_through = cluster.probed_through,
                          .on_down = cluster.on_endpoint_down};
    set_way(record, way);
    put(endpoint.id.slot, record);
    return record;
  }

  void put(EndpointSlot slot, const EndpointRecord& record) {
    CHECK(index(slot) < endpoints_max);
    const bool has = next_.records.has(index(slot));
    if (!has || next_.records[index(slot)] != record) changes_.emplace_back(index(slot), record);
  }

  // One that left before it was ever published has no record to keep.
  void drain(EndpointSlot slot) {
    if (adopted_.contains(slot)) return has_.push_back(slot);  // it is put as it should be
    if (!next_.present(slot)) return;
    has_.push_back(slot);
    EndpointRecord record = next_.records[index(slot)];
    if (!routing_.ways_changed()) return routing_.keep(record.next_hop);
    const Way way = routing_.way_to(record.address);
    set_way(record, way);
    put(slot, record);
  }

  void forget_gone() {
    std::ranges::sort(had_);
    std::ranges::sort(has_);
    std::vector<EndpointSlot> gone;
    std::ranges::set_difference(had_, has_, std::back_inserter(gone));
    for (const EndpointSlot slot : gone) {
      if (!next_.present(slot)) continue;
      EndpointRecord record = next_.records[index(slot)];
      record.cluster = none<ClusterSlot>;
      record.next_hop = 0;
      put(slot, record);
    }
  }

  const Desired& desired_;
  const Compiled& previous_;
  RoutingCompiler& routing_;
  EndpointPart next_;  // records: the previous ones until the end
  std::unordered_map<ClusterSlot, const DesiredCluster*> before_;
  std::vector<PagedArray<EndpointRecord>::Item> changes_;
  std::vector<EndpointSlot> had_;  // in clusters that changed, or draining: before and now
  std::vector<EndpointSlot> has_;
  std::unordered_set<EndpointSlot> adopted_;
  bool seed_changed_ = false;
  bool clusters_changed_ = false;
  bool members_changed_ = false;
};

}  // namespace

std::shared_ptr<const EndpointPart> compile_endpoints(const Desired& desired,
                                                      const Compiled& previous,
                                                      RoutingCompiler& routing) {
  return EndpointCompiler(desired, previous, routing).compile();
}

}  // namespace weft::mgmt
