#include "mgmt/publish/nat_returns.h"

#include <unordered_map>
#include <utility>
#include <vector>

namespace weft::mgmt {

namespace {

struct KeyHash {
  std::size_t operator()(const ListenerKey& key) const { return hash_of(key); }
};

struct Claim {
  weft::NatReturn to;
  bool ambiguous = false;
};

using Claims = std::unordered_map<ListenerKey, Claim, KeyHash>;

void claim(const ListenerSettings& listener, ListenerSlot slot, const DesiredCluster& cluster,
           Claims& claims) {
  const bool many = !listener.address.is_host() || listener.first_port != listener.last_port;
  for (const DesiredEndpoint& endpoint : cluster.endpoints) {
    const ListenerKey key{endpoint.address, be16(endpoint.port), listener.protocol};
    const Claim own{{listener.address.address(), be16(listener.first_port), slot, endpoint.id.slot},
                    many};
    const auto [claimed, first] = claims.try_emplace(key, own);
    if (!first) claimed->second.ambiguous = true;
  }
}

}  // namespace

FlatMap<ListenerKey, weft::NatReturn> nat_returns(const Desired& desired) {
  std::unordered_map<ClusterSlot, const DesiredCluster*> clusters;
  for (const DesiredCluster& cluster : desired.clusters) clusters[cluster.id.slot] = &cluster;
  Claims claims;
  for (const auto& [id, settings, cluster] : desired.listeners) {
    const auto found = clusters.find(cluster.slot);
    if (settings.forward != Forward::nat || found == clusters.end()) continue;
    claim(settings, id.slot, *found->second, claims);
  }
  std::vector<std::pair<ListenerKey, weft::NatReturn>> returns;
  for (const auto& [key, claimed] : claims) {
    if (!claimed.ambiguous) returns.emplace_back(key, claimed.to);
  }
  return FlatMap<ListenerKey, weft::NatReturn>(returns);
}

}  // namespace weft::mgmt
