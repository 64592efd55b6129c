#include "mgmt/controller/desired_of.h"

#include <xxhash.h>

namespace weft::mgmt {

static DesiredCluster desired_cluster(const TrackedCluster& cluster, const Listeners& listeners) {
  const ClusterSettings& settings = cluster.settings;
  DesiredCluster desired{.id = cluster.id,
                         .probed_through = cluster.probe_path
                                               ? listeners.slot_of(cluster.probe_path->listener)
                                               : none<ListenerSlot>,
                         .on_endpoint_down = settings.on_endpoint_down,
                         .endpoint_flows_max = settings.endpoint_flows_max,
                         .maglev_slots = settings.maglev_slots,
                         .endpoints = {},
                         .adopted = {},
                         .previous = cluster.tables.oldest()};
  desired.endpoints.reserve(cluster.live_endpoints);
  for (const auto& [at, endpoint] : cluster.endpoints) {
    if (endpoint.adopted) desired.adopted.push_back({endpoint.id, at.address, at.port});
    if (!endpoint.live) continue;
    desired.endpoints.push_back(
        {endpoint.id, at.address, at.port, endpoint.weight, endpoint.server_id});
  }
  return desired;
}

Desired desired_of(const Model& model, const Membership& membership, const Listeners& listeners,
                   const KernelView& kernel, const std::vector<uint16_t>& worker_weights,
                   uint64_t hash_seed) {
  Desired desired;
  desired.interfaces = model.interfaces;
  for (const TrackedListener* listener : listeners.live()) {
    const TrackedCluster* cluster = membership.find(listener->settings.cluster);
    desired.listeners.push_back(
        {listener->id, listener->settings, cluster == nullptr ? ClusterId{} : cluster->id});
  }
  for (const TrackedCluster* cluster : membership.live()) {
    desired.clusters.push_back(desired_cluster(*cluster, listeners));
  }
  desired.prefix_lists = model.prefix_lists;
  desired.kernel = kernel;
  desired.flows = model.flows;
  desired.transit = model.gateway.transit;
  desired.probe_ranges = probe_ranges(model.gateway);
  desired.worker_weights = worker_weights;
  desired.hash_seed = hash_seed;
  return desired;
}

uint64_t hash_seed_number(std::string_view hash_seed) {
  return XXH3_64bits(hash_seed.data(), hash_seed.size());
}

}  // namespace weft::mgmt
