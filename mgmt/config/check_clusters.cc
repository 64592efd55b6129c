#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "mgmt/config/checks.h"
#include "mgmt/config/place.h"

namespace weft::mgmt::config {

namespace {

// An endpoint is a string or a table.
Offset endpoint_place(const Node& root, std::size_t cluster, std::size_t endpoint) {
  return place(root, {"cluster", cluster, "endpoints", endpoint, "address"});
}

void check_duplicates(Reading& reading, const Node& root, std::size_t c) {
  std::unordered_map<std::string, Offset> seen;
  const std::vector<EndpointSettings>& endpoints = reading.model.clusters[c].endpoints;
  for (std::size_t e = 0; e < endpoints.size(); ++e) {
    if (endpoints[e].port == 0) continue;
    const Offset at = endpoint_place(root, c, e);
    const std::string key = fmt::format("{}:{}", endpoints[e].host, endpoints[e].port);
    const auto [first, is_new] = seen.emplace(key, at);
    if (is_new) continue;
    reading.complain(at, fmt::format("endpoint \"{}\" is in this cluster already, in line {}", key,
                                     reading.line(first->second)));
  }
}

void check_slots(Reading& reading, const Node& root, std::size_t c) {
  const ClusterSettings& cluster = reading.model.clusters[c];
  if (cluster.maglev_slots == 0 || cluster.maglev_slots > cluster.endpoints.size()) return;
  reading.complain(
      place(root, {"cluster", c, "maglev_slots"}),
      fmt::format("maglev_slots must be more than the {} endpoints", cluster.endpoints.size()));
}

void check_flows_max(Reading& reading, const Node& root, std::size_t c) {
  const uint32_t flows_max = reading.model.clusters[c].endpoint_flows_max;
  const std::size_t workers = reading.model.gateway.workers.size();
  if (flows_max == 0 || flows_max >= workers) return;
  reading.complain(
      place(root, {"cluster", c, "endpoint_flows_max"}),
      fmt::format("endpoint_flows_max must be at least {}: every worker takes its part "
                  "of it",
                  workers));
}

void check_health(Reading& reading, const Node& root, std::size_t c) {
  const std::optional<HealthSettings>& health = reading.model.clusters[c].health;
  const Node& table = node_at(root, {"cluster", c, "health"});
  if (!health || table.kind != Node::Kind::table) return;
  const Node* tcp = table.find("tcp");
  const Node* http = table.find("http");
  if (tcp != nullptr && http != nullptr) {
    reading.complain(std::max(tcp->at, http->at), "health is by tcp or by http, not both");
  }
  // An unknown key may be the one that is meant.
  const bool all_known = std::all_of(
      table.members.begin(), table.members.end(),
      [](const Node::Member& member) { return find_key("cluster.health", member.key); });
  if (tcp == nullptr && http == nullptr && all_known) {
    reading.complain(table.at, "health needs tcp = true, or http = \"/path\"");
  }
  for (const Node::Member& member : table.members) {
    const bool of_http = member.key == "host" || member.key == "status" || member.key == "body" ||
                         member.key == "reuse";
    if (!of_http || http != nullptr || tcp == nullptr) continue;
    reading.complain(member.at, fmt::format("{} is for health by http only", member.key));
  }
  if (health->timeout_ms > health->interval_ms && health->interval_ms > milliseconds(0)) {
    const Node* timeout = table.find("timeout_ms");
    const Node* interval = table.find("interval_ms");
    reading.complain((timeout ? timeout : interval)->at,
                     fmt::format("timeout_ms ({}) must not be above interval_ms ({}): a probe ends "
                                 "before the next begins",
                                 health->timeout_ms.count(), health->interval_ms.count()));
  }
}

// Single addresses that are this gateway's own: what is sent there comes nowhere.
std::unordered_map<std::string, std::string> own_addresses(Reading& reading, const Node& root) {
  std::unordered_map<std::string, std::string> own;
  const std::vector<ListenerSettings>& listeners = reading.model.listeners;
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    if (listeners[i].first_port == 0 || !listeners[i].address.is_host()) continue;
    own.emplace(listeners[i].address.address().to_string(),
                fmt::format("listener \"{}\" (line {})", listeners[i].name,
                            reading.line(place(root, {"listener", i, "address"}))));
  }
  return own;
}

void check_endpoints_elsewhere(Reading& reading, const Node& root) {
  const auto own = own_addresses(reading, root);
  const std::vector<OwnedPrefix> owned = owned_prefixes(reading, root);
  const std::vector<ClusterSettings>& clusters = reading.model.clusters;
  for (std::size_t c = 0; c < clusters.size(); ++c) {
    for (std::size_t e = 0; e < clusters[c].endpoints.size(); ++e) {
      const EndpointSettings& endpoint = clusters[c].endpoints[e];
      const auto complain = [&](const std::string& owner) {
        reading.complain(endpoint_place(root, c, e),
                         fmt::format("endpoint \"{}:{}\" overlaps {}: an endpoint cannot be the "
                                     "gateway itself",
                                     endpoint.host, endpoint.port, owner));
      };
      const auto address = IpAddress::parse(endpoint.host);
      if (!address) continue;
      if (const auto found = own.find(endpoint.host); found != own.end()) complain(found->second);
      for (const OwnedPrefix& other : owned) {
        if (!other.prefix.contains(*address)) continue;
        complain(other.owner);
        break;
      }
    }
  }
}

}  // namespace

void check_clusters(Reading& reading, const Node& root) {
  for (std::size_t c = 0; c < reading.model.clusters.size(); ++c) {
    check_duplicates(reading, root, c);
    check_slots(reading, root, c);
    check_flows_max(reading, root, c);
    check_health(reading, root, c);
  }
  check_endpoints_elsewhere(reading, root);
}

}  // namespace weft::mgmt::config
