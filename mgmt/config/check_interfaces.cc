#include <fmt/format.h>

#include <algorithm>

#include "mgmt/config/checks.h"
#include "mgmt/config/place.h"

namespace weft::mgmt::config {

namespace {

// Every address has one owner: two interfaces, or the kernel and the workers, cannot share one.
void check_owners(Reading& reading, const Node& root) {
  const std::vector<OwnedPrefix> owned = owned_prefixes(reading, root);
  for (std::size_t later = 1; later < owned.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      if (!overlap(owned[earlier].prefix, owned[later].prefix)) continue;
      const IpPrefix& prefix = owned[later].prefix;
      reading.complain(owned[later].at, fmt::format("\"{}\" overlaps {}: an address has one owner",
                                                    prefix.is_host() ? prefix.address().to_string()
                                                                     : prefix.to_string(),
                                                    owned[earlier].owner));
      break;
    }
  }
}

// Why the kernel would refuse the next hop, or nothing.
std::string next_hop_complaint(const InterfaceSettings& interface, const InterfaceRoute& route) {
  const IpAddress& via = route.via;
  if (via.is_v4() != route.to.address().is_v4()) return "is not of the family of to";
  for (const InterfaceAddress& own : interface.addresses) {
    if (own.address == via) return "is the interface's own address";
  }
  const bool link_local = !via.is_v4() && IpPrefix::parse("fe80::/10")->contains(via);
  const bool on_link = std::any_of(interface.addresses.begin(), interface.addresses.end(),
                                   [&via](const InterfaceAddress& own) {
                                     return IpPrefix(own.address, own.prefix_length).contains(via);
                                   });
  if (link_local || on_link) return "";
  return "is in the network of none of the interface's addresses";
}

void check_routes(Reading& reading, const Node& root) {
  const std::vector<InterfaceSettings>& interfaces = reading.model.interfaces;
  for (std::size_t i = 0; i < interfaces.size(); ++i) {
    const auto& addresses = interfaces[i].addresses;
    const bool all_read = std::none_of(addresses.begin(), addresses.end(), [](const auto& own) {
      return own.address.is_unspecified();
    });
    for (std::size_t r = 0; r < interfaces[i].routes.size(); ++r) {
      const InterfaceRoute& route = interfaces[i].routes[r];
      const Node& to = node_at(root, {"interface", i, "routes", r, "to"});
      if (route.via.is_unspecified() || !parse_prefix(to.string) || !all_read) continue;
      const std::string what = next_hop_complaint(interfaces[i], route);
      if (what.empty()) continue;
      reading.complain(place(root, {"interface", i, "routes", r, "via"}),
                       fmt::format("via \"{}\" {}", route.via.to_string(), what));
    }
  }
}

}  // namespace

void check_interfaces(Reading& reading, const Node& root) {
  const Node* list = root.find("interface");
  if (list != nullptr && list->kind == Node::Kind::list && list->items.empty()) {
    reading.complain(list->at, "interface: the gateway needs at least one");
  }
  check_owners(reading, root);
  check_routes(reading, root);
}

}  // namespace weft::mgmt::config
