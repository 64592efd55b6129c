#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>
#include <unordered_set>

#include "mgmt/config/checks.h"
#include "mgmt/config/place.h"

namespace weft::mgmt::config {

namespace {

bool was_read(const ListenerSettings& listener) {
  return listener.first_port != 0;
}

std::string where(const ListenerSettings& listener) {
  std::string text = listener.address.is_host() ? listener.address.address().to_string()
                                                : listener.address.to_string();
  text += fmt::format(":{}", listener.first_port);
  if (listener.last_port != listener.first_port) text += fmt::format("-{}", listener.last_port);
  return text;
}

Offset address_place(const Node& root, std::size_t listener) {
  return place(root, {"listener", listener, "address"});
}

// Listeners of one protocol and prefix may lie inside one another (the narrower range wins), but
// not be equal or cross: nothing would say which one gets a packet.
void check_overlaps(Reading& reading, const Node& root) {
  const std::vector<ListenerSettings>& listeners = reading.model.listeners;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    if (was_read(listeners[i])) order.push_back(i);
  }
  const auto same_place = [&](std::size_t a, std::size_t b) {
    return listeners[a].protocol == listeners[b].protocol &&
           listeners[a].address == listeners[b].address;
  };
  // Outer ranges before inner ones.
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const auto key = [&](std::size_t i) {
      const ListenerSettings& l = listeners[i];
      return std::tuple(l.protocol, l.address, l.first_port, -int{l.last_port}, i);
    };
    return key(a) < key(b);
  });
  std::vector<std::size_t> open;  // ranges around the current one
  for (const std::size_t i : order) {
    const ListenerSettings& one = listeners[i];
    while (!open.empty() &&
           (!same_place(open.back(), i) || listeners[open.back()].last_port < one.first_port)) {
      open.pop_back();
    }
    if (!open.empty()) {
      const ListenerSettings& outer = listeners[open.back()];
      const bool equal = outer.first_port == one.first_port && outer.last_port == one.last_port;
      if (equal || outer.last_port < one.last_port) {
        const auto [earlier, later] = std::minmax(open.back(), i);
        const std::string owner = fmt::format("listener \"{}\" (line {})", listeners[earlier].name,
                                              reading.line(address_place(root, earlier)));
        reading.complain(
            address_place(root, later),
            equal ? fmt::format("address \"{}\" is taken by {}", where(listeners[later]), owner)
                  : fmt::format("address \"{}\" crosses \"{}\" of {}", where(listeners[later]),
                                where(listeners[earlier]), owner));
      }
    }
    open.push_back(i);
  }
}

void check_owners(Reading& reading, const Node& root) {
  const std::vector<OwnedPrefix> owned = owned_prefixes(reading, root);
  const std::vector<ListenerSettings>& listeners = reading.model.listeners;
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    if (!was_read(listeners[i])) continue;
    for (const OwnedPrefix& other : owned) {
      if (!overlap(other.prefix, listeners[i].address)) continue;
      reading.complain(address_place(root, i),
                       fmt::format("address \"{}\" overlaps {}: a listener needs addresses of its "
                                   "own",
                                   where(listeners[i]), other.owner));
      break;
    }
  }
}

void check_cluster_names(Reading& reading, const Node& root) {
  std::vector<std::string_view> names;
  for (const ClusterSettings& cluster : reading.model.clusters) {
    // A cluster whose name could not be read may be the one that is meant.
    if (cluster.name.empty()) return;
    names.push_back(cluster.name);
  }
  const std::unordered_set<std::string_view> known(names.begin(), names.end());
  for (std::size_t i = 0; i < reading.model.listeners.size(); ++i) {
    const std::string& wanted = reading.model.listeners[i].cluster;
    if (wanted.empty() || known.contains(wanted)) continue;
    reading.complain(
        place(root, {"listener", i, "cluster"}),
        fmt::format("there is no cluster \"{}\"{}", wanted, reading.suggest(wanted, names)));
  }
}

void check_nat_in_fleet(Reading& reading, const Node& root) {
  const GatewaySettings& gateway = reading.model.gateway;
  if (gateway.fleet.empty() || gateway.nat_return == NatReturn::symmetric) return;
  for (std::size_t i = 0; i < reading.model.listeners.size(); ++i) {
    const Node& forward = node_at(root, {"listener", i, "forward"});
    if (forward.string != "nat") continue;
    reading.complain(
        forward.at,
        "forward \"nat\" in a fleet needs nat_return = \"symmetric\" in [gateway]: the "
        "network has to bring replies back to the same gateway");
  }
}

std::string_view family(const IpAddress& address) {
  return address.is_v4() ? "IPv4" : "IPv6";
}

const ClusterSettings* cluster_of(const Model& model, const ListenerSettings& listener) {
  const auto found = std::ranges::find(model.clusters, listener.cluster, &ClusterSettings::name);
  return found == model.clusters.end() ? nullptr : &*found;
}

// Addresses are rewritten within their family; host names may have addresses of both.
void check_nat_families(Reading& reading, const Node& root) {
  const std::vector<ListenerSettings>& listeners = reading.model.listeners;
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    const ListenerSettings& listener = listeners[i];
    const ClusterSettings* cluster = cluster_of(reading.model, listener);
    if (!was_read(listener) || !is_nat(listener.forward) || cluster == nullptr) continue;
    const IpAddress& own = listener.address.address();
    for (const EndpointSettings& endpoint : cluster->endpoints) {
      const auto address = IpAddress::parse(endpoint.host);
      if (!address || address->is_v4() == own.is_v4()) continue;
      reading.complain(
          place(root, {"listener", i, "forward"}),
          fmt::format("forward \"{}\" stays within {}, the family of the listener's address, but "
                      "endpoint \"{}\" of cluster \"{}\" is {}; tunnels may cross",
                      name(listener.forward), family(own), address->to_string(endpoint.port),
                      cluster->name, family(*address)));
      break;
    }
  }
}

void check_client_address(Reading& reading, const Node& root) {
  const std::vector<ListenerSettings>& listeners = reading.model.listeners;
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    const ListenerSettings& listener = listeners[i];
    if (!was_read(listener) || listener.client_address == ClientAddress::none) continue;
    if (listener.forward == Forward::fullnat && listener.protocol == Protocol::tcp) continue;
    reading.complain(place(root, {"listener", i, "client_address"}),
                     "client_address is for forward \"fullnat\" and protocol \"tcp\" only");
  }
}

void check_fullnat_sources(Reading& reading, const Node& root) {
  const std::vector<ListenerSettings>& listeners = reading.model.listeners;
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    if (!was_read(listeners[i]) || listeners[i].forward != Forward::fullnat) continue;
    const IpAddress& own = listeners[i].address.address();
    const bool some = std::ranges::any_of(reading.model.interfaces, [&](const auto& interface) {
      return std::ranges::any_of(interface.source_addresses, [&](const IpPrefix& prefix) {
        return prefix.address().is_v4() == own.is_v4();
      });
    });
    if (some) continue;
    reading.complain(
        place(root, {"listener", i, "forward"}),
        fmt::format("forward \"fullnat\" needs source_addresses of {} on the interface "
                    "towards the endpoints",
                    family(own)));
  }
}

// Keys of one protocol, or of modes that need no flows.
void check_protocol_keys(Reading& reading, const Node& root) {
  const std::vector<ListenerSettings>& listeners = reading.model.listeners;
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    const ListenerSettings& listener = listeners[i];
    if (!was_read(listener)) continue;
    const bool udp = listener.protocol == Protocol::udp;
    if (listener.mss_clamp_bytes != 0 && udp) {
      reading.complain(place(root, {"listener", i, "mss_clamp_bytes"}),
                       "mss_clamp_bytes is of TCP: the listener's protocol is \"udp\"");
    }
    if (listener.udp != UdpChoice::per_packet) continue;
    const Offset at = place(root, {"listener", i, "udp"});
    if (!udp) reading.complain(at, "udp = \"per-packet\" needs protocol = \"udp\"");
    if (udp && is_nat(listener.forward)) {
      reading.complain(at,
                       fmt::format("udp = \"per-packet\" keeps no flows, and forward \"{}\" needs "
                                   "them for the way back",
                                   name(listener.forward)));
    }
  }
}

// The kernel's socket cannot be reached on an address of the workers.
void check_admin(Reading& reading, const Node& root) {
  const auto admin = parse_ip_and_port(reading.model.admin.address);
  if (!admin || admin->address.is_loopback() || admin->address.is_unspecified()) return;
  const IpPrefix own = IpPrefix::host(admin->address);
  const Offset at = place(root, {"admin", "address"});
  const auto complain = [&](const std::string& owner) {
    reading.complain(at, fmt::format("address \"{}\" overlaps {}: the kernel cannot serve it",
                                     reading.model.admin.address, owner));
  };
  for (const OwnedPrefix& other : owned_prefixes(reading, root)) {
    if (!other.host && overlap(other.prefix, own)) return complain(other.owner);
  }
  const std::vector<ListenerSettings>& listeners = reading.model.listeners;
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    if (was_read(listeners[i]) && overlap(listeners[i].address, own)) {
      return complain(fmt::format("listener \"{}\" (line {})", listeners[i].name,
                                  reading.line(address_place(root, i))));
    }
  }
}

}  // namespace

void check_listeners(Reading& reading, const Node& root) {
  check_overlaps(reading, root);
  check_owners(reading, root);
  check_cluster_names(reading, root);
  check_nat_in_fleet(reading, root);
  check_nat_families(reading, root);
  check_fullnat_sources(reading, root);
  check_protocol_keys(reading, root);
  check_client_address(reading, root);
  check_admin(reading, root);
}

}  // namespace weft::mgmt::config
