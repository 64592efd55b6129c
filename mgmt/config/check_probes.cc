#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "mgmt/config/checks.h"
#include "mgmt/config/place.h"

namespace weft::mgmt::config {

namespace {

// Why endpoints of the cluster cannot be probed through the listener, or nothing.
std::string complaint(const Model& model, const ClusterSettings& cluster,
                      const ListenerSettings& listener) {
  if (listener.cluster != cluster.name) {
    return fmt::format("listener \"{}\" leads to cluster \"{}\", not to this one", listener.name,
                       listener.cluster);
  }
  if (is_nat(listener.forward)) {
    return fmt::format(
        "through is for tunnels and \"direct\": listener \"{}\" forwards by \"{}\", to the "
        "endpoint's own address",
        listener.name, name(listener.forward));
  }
  if (!listener.address.is_host()) {
    return fmt::format("listener \"{}\" is on a prefix, and through needs a single address",
                       listener.name);
  }
  if (listener.protocol == Protocol::udp && cluster.health->port == 0) {
    return fmt::format(
        "listener \"{}\" is of UDP: port has to say where its address answers probes by TCP",
        listener.name);
  }
  const bool v4 = listener.address.address().is_v4();
  const bool some = std::ranges::any_of(model.gateway.probe_addresses, [&](const IpPrefix& prefix) {
    return prefix.address().is_v4() == v4;
  });
  if (some) return "";
  return fmt::format(
      "probe_addresses in [gateway] has no prefix of {}, the family of listener "
      "\"{}\"",
      v4 ? "IPv4" : "IPv6", listener.name);
}

void check_through(Reading& reading, const Node& root) {
  std::unordered_map<std::string_view, const ListenerSettings*> listeners;
  std::vector<std::string_view> names;
  for (const ListenerSettings& listener : reading.model.listeners) {
    // One whose name or address could not be read may be the one that is meant.
    if (listener.name.empty() || listener.first_port == 0) return;
    listeners[listener.name] = &listener;
    names.push_back(listener.name);
  }
  for (std::size_t c = 0; c < reading.model.clusters.size(); ++c) {
    const ClusterSettings& cluster = reading.model.clusters[c];
    if (!cluster.health || cluster.health->through.empty() || cluster.name.empty()) continue;
    const std::string& wanted = cluster.health->through;
    const auto found = listeners.find(wanted);
    const std::string what =
        found == listeners.end()
            ? fmt::format("there is no listener \"{}\"{}", wanted, reading.suggest(wanted, names))
            : complaint(reading.model, cluster, *found->second);
    if (what.empty()) continue;
    reading.complain(place(root, {"cluster", c, "health", "through"}), what);
  }
}

// Whoever has an address of `range`; empty: nobody does. A listener on a wider prefix does not: it
// is no service of each of its addresses.
std::string owner_in(Reading& reading, const Node& root, const IpPrefix& range) {
  for (const OwnedPrefix& owned : owned_prefixes(reading, root)) {
    if (range.contains(owned.prefix.address())) return owned.owner;
  }
  const std::vector<ListenerSettings>& listeners = reading.model.listeners;
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    if (listeners[i].first_port == 0 || !range.contains(listeners[i].address.address())) continue;
    return fmt::format("listener \"{}\" (line {})", listeners[i].name,
                       reading.line(place(root, {"listener", i, "address"})));
  }
  for (const ClusterSettings& cluster : reading.model.clusters) {
    for (const EndpointSettings& endpoint : cluster.endpoints) {
      const auto address = IpAddress::parse(endpoint.host);
      if (!address || !range.contains(*address)) continue;
      return fmt::format("endpoint \"{}\" of cluster \"{}\"", endpoint.host, cluster.name);
    }
  }
  return "";
}

}  // namespace

void check_probes(Reading& reading, const Node& root) {
  check_through(reading, root);
  for (const IpPrefix& range : reading.model.gateway.probe_addresses) {
    const std::string owner = owner_in(reading, root, range);
    if (owner.empty()) continue;
    reading.complain(place(root, {"gateway", "probe_addresses"}),
                     fmt::format("probe_addresses \"{}\" overlaps {}: they are nobody's",
                                 range.to_string(), owner));
  }
}

}  // namespace weft::mgmt::config
