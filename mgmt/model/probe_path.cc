#include "mgmt/model/probe_path.h"

#include <string_view>
#include <unordered_map>

namespace weft::mgmt {

std::map<std::string, ProbePath, std::less<>> probe_paths(const Model& model) {
  std::unordered_map<std::string_view, const ListenerSettings*> listeners;
  for (const ListenerSettings& listener : model.listeners) listeners[listener.name] = &listener;
  const ProbeRanges ranges = probe_ranges(model.gateway);
  std::map<std::string, ProbePath, std::less<>> paths;
  for (const ClusterSettings& cluster : model.clusters) {
    if (!cluster.health || cluster.health->through.empty()) continue;
    const ListenerSettings& listener = *listeners.at(cluster.health->through);
    const uint16_t port = cluster.health->port;
    const IpAddress& address = listener.address.address();
    paths[cluster.name] = {listener.name, address, port != 0 ? port : listener.first_port,
                           ranges.of_family(address.is_v4())};
  }
  return paths;
}

ProbeRanges probe_ranges(const GatewaySettings& gateway) {
  ProbeRanges ranges;
  for (const IpPrefix& prefix : gateway.probe_addresses) {
    (prefix.address().is_v4() ? ranges.v4 : ranges.v6) = ProbeRange(prefix);
  }
  return ranges;
}

}  // namespace weft::mgmt
