// What the kernel takes and nothing can be reached by.
#include <fmt/format.h>

#include <map>

#include "mgmt/config/checks.h"
#include "mgmt/config/place.h"

namespace weft::mgmt::config {

namespace {

struct Subnet {
  IpPrefix prefix;
  std::size_t interface = 0;
  IpAddress address;  // the interface's
  Offset at = 0;
};

std::vector<Subnet> subnets(const Reading& reading, const Node& root) {
  std::vector<Subnet> all;
  const std::vector<InterfaceSettings>& interfaces = reading.model.interfaces;
  for (std::size_t i = 0; i < interfaces.size(); ++i) {
    for (std::size_t a = 0; a < interfaces[i].addresses.size(); ++a) {
      const InterfaceAddress& own = interfaces[i].addresses[a];
      if (own.address.is_unspecified()) continue;
      all.push_back({IpPrefix(own.address, own.prefix_length), i, own.address,
                     place(root, {"interface", i, "addresses", a})});
    }
  }
  return all;
}

// The first and the last address of an IPv4 subnet are no host's; of /31 (RFC 3021) and /32 every
// one is. What the address is, or nothing.
std::string_view edge(const IpPrefix& subnet, const IpAddress& address) {
  if (!address.is_v4() || !subnet.contains(address) || subnet.length() >= 31) return {};
  if (address == subnet.address()) return "network";
  const uint32_t last = subnet.address().v4().host() | UINT32_MAX >> subnet.length();
  return address.v4().host() == last ? "broadcast" : std::string_view();
}

void check_addresses(Reading& reading, const std::vector<Subnet>& subnets) {
  std::map<IpPrefix, const Subnet*> seen;
  for (const Subnet& one : subnets) {
    if (const std::string_view what = edge(one.prefix, one.address); !what.empty()) {
      reading.complain(one.at, fmt::format("\"{}\" is the {} address of {}, which no host has",
                                           one.address.to_string(), what, one.prefix.to_string()));
    }
    const Subnet& first = *seen.emplace(one.prefix, &one).first->second;
    const bool link_local = IpPrefix::parse("fe80::/10")->contains(one.address);
    // The same address twice is complained of as such.
    if (first.interface == one.interface || link_local || first.address == one.address) continue;
    reading.complain(
        one.at, fmt::format("{} is the subnet of interface \"{}\" already, in line "
                            "{}: it is reached by one interface only",
                            one.prefix.to_string(), reading.model.interfaces[first.interface].name,
                            reading.line(first.at)));
  }
}

void check_listeners_in(Reading& reading, const Node& root, const std::vector<Subnet>& subnets) {
  const std::vector<ListenerSettings>& listeners = reading.model.listeners;
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    if (listeners[i].first_port == 0 || !listeners[i].address.is_host()) continue;
    const IpAddress& address = listeners[i].address.address();
    for (const Subnet& subnet : subnets) {
      const std::string_view what = edge(subnet.prefix, address);
      if (what.empty()) continue;
      reading.complain(
          place(root, {"listener", i, "address"}),
          fmt::format("\"{}\" is the {} address of {}, the subnet of interface \"{}\" (line {}), "
                      "which no host has",
                      address.to_string(), what, subnet.prefix.to_string(),
                      reading.model.interfaces[subnet.interface].name, reading.line(subnet.at)));
      break;
    }
  }
}

// A source address that no host may have gets no replies.
void check_sources_in(Reading& reading, const Node& root, const std::vector<Subnet>& subnets) {
  const std::vector<InterfaceSettings>& interfaces = reading.model.interfaces;
  for (std::size_t i = 0; i < interfaces.size(); ++i) {
    for (std::size_t a = 0; a < interfaces[i].source_addresses.size(); ++a) {
      const IpPrefix& prefix = interfaces[i].source_addresses[a];
      if (prefix == IpPrefix{} || !prefix.address().is_v4()) continue;
      const auto last = IpAddress::v4(be32(prefix.address().v4().host() |
                                           (prefix.is_host() ? 0 : UINT32_MAX >> prefix.length())));
      for (const Subnet& subnet : subnets) {
        const bool first_is = !edge(subnet.prefix, prefix.address()).empty();
        if (!first_is && edge(subnet.prefix, last).empty()) continue;
        const IpAddress& address = first_is ? prefix.address() : last;
        reading.complain(
            place(root, {"interface", i, "source_addresses", a}),
            fmt::format("\"{}\" holds {}, the {} address of {} (line {}), which no host has",
                        prefix.to_string(), address.to_string(), edge(subnet.prefix, address),
                        subnet.prefix.to_string(), reading.line(subnet.at)));
        break;
      }
    }
  }
}

void check_destinations(Reading& reading, const Node& root, const std::vector<Subnet>& subnets) {
  const std::vector<InterfaceSettings>& interfaces = reading.model.interfaces;
  for (std::size_t i = 0; i < interfaces.size(); ++i) {
    std::map<IpPrefix, Offset> seen;
    for (const Subnet& own : subnets) {
      if (own.interface == i) seen.emplace(own.prefix, own.at);
    }
    for (std::size_t r = 0; r < interfaces[i].routes.size(); ++r) {
      const Node& to = node_at(root, {"interface", i, "routes", r, "to"});
      if (!parse_prefix(to.string)) continue;
      const auto [first, is_new] = seen.emplace(interfaces[i].routes[r].to, to.at);
      if (is_new) continue;
      reading.complain(to.at, fmt::format("to \"{}\" is reached already, by line {}",
                                          first->first.to_string(), reading.line(first->second)));
    }
  }
}

}  // namespace

void check_subnets(Reading& reading, const Node& root) {
  const std::vector<Subnet> all = subnets(reading, root);
  check_addresses(reading, all);
  check_listeners_in(reading, root, all);
  check_sources_in(reading, root, all);
  check_destinations(reading, root, all);
}

}  // namespace weft::mgmt::config
