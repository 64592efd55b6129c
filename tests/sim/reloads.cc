#include "tests/sim/reloads.h"

#include <fmt/format.h>

#include <algorithm>

namespace weft::sim {

static constexpr std::size_t endpoints_min = 2;

Reload Reloads::change(Random& random) {
  const std::size_t at = random.below(model_.clusters.size());
  mgmt::ClusterSettings& cluster = model_.clusters[at];
  const uint64_t dice = random.below(100);
  if (dice < 40) return {change_weights(cluster, random), {}};
  if (dice < 60) return {remove(cluster, random), {}};
  if (dice < 80) return {add(cluster, random), {}};
  if (dice < 90 || model_.listeners.size() < services_.size()) {
    return {change_policy(cluster, random), {}};
  }
  const std::string listener = model_.listeners[random.below(model_.listeners.size())].name;
  std::erase_if(model_.listeners, [&](const auto& one) { return one.name == listener; });
  return {"no listener " + listener, listener};
}

void Reloads::return_listener(const std::string& service) {
  const auto found = std::ranges::find(services_, service, &Service::name);
  model_.listeners.push_back(listener_of(*found));
}

// One endpoint keeps its weight, so that new flows always have somewhere to go.
std::string Reloads::change_weights(mgmt::ClusterSettings& cluster, Random& random) {
  std::string what = "weights of " + cluster.name + ":";
  for (std::size_t i = 1; i < cluster.endpoints.size(); ++i) {
    cluster.endpoints[i].weight = static_cast<uint32_t>(random.below(4));
    what += fmt::format(" {} {}", cluster.endpoints[i].host, cluster.endpoints[i].weight);
  }
  cluster.endpoints[0].weight = 1;
  return what;
}

std::string Reloads::add(mgmt::ClusterSettings& cluster, Random& random) {
  const auto service = std::ranges::find(services_, cluster.name, &Service::name);
  std::vector<std::string> absent = service->all_endpoints();
  std::erase_if(absent, [&](const std::string& address) {
    return std::ranges::find(cluster.endpoints, address, &mgmt::EndpointSettings::host) !=
           cluster.endpoints.end();
  });
  if (absent.empty()) return change_weights(cluster, random);
  const std::string& address = random.one_of(absent);
  cluster.endpoints.push_back({address, service->endpoint_port, 1});
  return fmt::format("{} has {}", cluster.name, address);
}

std::string Reloads::remove(mgmt::ClusterSettings& cluster, Random& random) {
  if (cluster.endpoints.size() <= endpoints_min) return add(cluster, random);
  const auto at = static_cast<std::ptrdiff_t>(random.below(cluster.endpoints.size()));
  const std::string address = cluster.endpoints[static_cast<std::size_t>(at)].host;
  cluster.endpoints.erase(cluster.endpoints.begin() + at);
  cluster.endpoints[0].weight = 1;
  return fmt::format("{} without {}", cluster.name, address);
}

std::string Reloads::change_policy(mgmt::ClusterSettings& cluster, Random& random) {
  const bool move = random.happens(50);
  cluster.on_endpoint_down = move ? OnEndpointDown::move : OnEndpointDown::reset;
  return fmt::format("{}: on_endpoint_down {}", cluster.name, move ? "move" : "reset");
}

}  // namespace weft::sim
