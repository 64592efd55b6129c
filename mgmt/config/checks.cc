#include "mgmt/config/checks.h"

#include <fmt/format.h>

#include <unordered_map>

#include "mgmt/config/place.h"

namespace weft::mgmt::config {

namespace {

template <class Item>
void check_names_of(Reading& reading, const Node& root, std::string_view list,
                    const std::vector<Item>& items) {
  std::unordered_map<std::string_view, Offset> seen;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].name.empty()) continue;
    const Offset at = place(root, {list, i, "name"});
    const auto [first, is_new] = seen.emplace(items[i].name, at);
    if (is_new) continue;
    reading.complain(at, fmt::format("{} \"{}\" exists already, in line {}", list, items[i].name,
                                     reading.line(first->second)));
  }
}

}  // namespace

std::vector<OwnedPrefix> owned_prefixes(Reading& reading, const Node& root) {
  std::vector<OwnedPrefix> all;
  const std::vector<InterfaceSettings>& interfaces = reading.model.interfaces;
  for (std::size_t i = 0; i < interfaces.size(); ++i) {
    const auto add = [&](std::string_view key, std::size_t item, const IpPrefix& prefix) {
      const Offset at = place(root, {"interface", i, key, item});
      const bool host = key == "addresses";
      all.push_back(
          {prefix,
           fmt::format("{} of interface \"{}\" (line {})", host ? "an address" : "source_addresses",
                       interfaces[i].name, reading.line(at)),
           at, host});
    };
    for (std::size_t a = 0; a < interfaces[i].addresses.size(); ++a) {
      const IpAddress& address = interfaces[i].addresses[a].address;
      if (!address.is_unspecified()) add("addresses", a, IpPrefix::host(address));
    }
    for (std::size_t a = 0; a < interfaces[i].source_addresses.size(); ++a) {
      const IpPrefix& prefix = interfaces[i].source_addresses[a];
      if (prefix != IpPrefix{}) add("source_addresses", a, prefix);
    }
  }
  return all;
}

bool overlap(const IpPrefix& a, const IpPrefix& b) {
  return a.contains(b.address()) || b.contains(a.address());
}

void check_names(Reading& reading, const Node& root) {
  check_names_of(reading, root, "interface", reading.model.interfaces);
  check_names_of(reading, root, "listener", reading.model.listeners);
  check_names_of(reading, root, "cluster", reading.model.clusters);
  check_names_of(reading, root, "prefix_list", reading.model.prefix_lists);
}

void check_gateway(Reading& reading, const Node& root) {
  const GatewaySettings& gateway = reading.model.gateway;
  const Node& workers = node_at(root, {"gateway", "workers"});
  if (workers.kind == Node::Kind::list && workers.items.empty()) {
    reading.complain(workers.at, "workers must name at least one CPU");
  }
  if (!gateway.fleet.empty() && node_at(root, {"gateway"}).find("hash_seed") == nullptr) {
    reading.complain(
        place(root, {"gateway", "fleet"}),
        "missing key \"hash_seed\" in [gateway]: the gateways of a fleet need the same "
        "one");
  }
  const std::string& socket = reading.model.admin.socket;
  if (!form::socket.fits(socket) && node_at(root, {"admin"}).find("socket") == nullptr) {
    reading.complain(place(root, {"gateway", "name"}),
                     "the name is too long for the socket's path");
  }
}

void check_model(Reading& reading, const Node& root) {
  check_names(reading, root);
  check_gateway(reading, root);
  check_devices(reading, root);
  check_interfaces(reading, root);
  check_subnets(reading, root);
  check_listeners(reading, root);
  check_prefix_lists(reading, root);
  check_clusters(reading, root);
  check_probes(reading, root);
  check_sync(reading, root);
  check_quic(reading, root);
}

}  // namespace weft::mgmt::config
