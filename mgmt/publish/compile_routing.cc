#include "mgmt/publish/compile_routing.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "dataplane/base/byte_order.h"
#include "dataplane/base/check.h"
#include "dataplane/table/nat_key.h"

namespace weft::mgmt {

static constexpr uint32_t mtu_default_bytes = 1500;

static bool same_ways(const Desired& a, const Desired& b) {
  return a.kernel.links == b.kernel.links && a.kernel.routes == b.kernel.routes &&
         a.interfaces == b.interfaces;
}

RoutingCompiler::RoutingCompiler(const Desired& desired, const Compiled& previous)
    : desired_(desired),
      before_(previous.snapshot == nullptr ? nullptr : previous.snapshot->routing.get()),
      previous_(previous) {
  if (before_ != nullptr) {
    ways_changed_ = !same_ways(desired, *previous.desired);
    neighbours_changed_ = desired.kernel.neighbours != previous.desired->kernel.neighbours;
    used_.resize(before_->next_hops.size(), !gives_up_unused());
  }
  read_interfaces();
  if (ways_changed_) {
    read_routes();
  } else {
    routes_ = before_->routes;
  }
  if (gives_up_unused()) {
    for (const KernelNeighbour& neighbour : desired.kernel.neighbours) {
      index_of({neighbour.interface, neighbour.address});
    }
  }
}

static IpAddress first_v4(const std::vector<IpAddress>& addresses) {
  const auto found = std::ranges::find_if(addresses, &IpAddress::is_v4);
  return found == addresses.end() ? IpAddress{} : *found;
}

// Others than the neighbours of one link cannot answer to a link-local address (RFC 4291, 2.5.6).
static IpAddress first_v6(const std::vector<IpAddress>& addresses) {
  static const IpPrefix link_local = *IpPrefix::parse("fe80::/10");
  const auto found = std::ranges::find_if(addresses, [](const IpAddress& address) {
    return !address.is_v4() && !link_local.contains(address);
  });
  return found == addresses.end() ? IpAddress{} : *found;
}

static SourcePrefix workers_source(const InterfaceSettings& settings, bool v4) {
  for (const IpPrefix& prefix : settings.source_addresses) {
    if (prefix.address().is_v4() != v4) continue;
    const uint32_t host_bits = prefix.address().family_bits() - prefix.length();
    return {prefix.address(), static_cast<uint8_t>(std::min(host_bits, source_host_bits_max)),
            true};
  }
  return {};
}

void RoutingCompiler::read_interfaces() {
  interfaces_.resize(desired_.interfaces.size());
  for (std::size_t i = 0; i < interfaces_.size(); ++i) {
    const InterfaceSettings& settings = desired_.interfaces[i];
    Interface& interface = interfaces_[i];
    interface.settings = &settings;
    interface.mtu_bytes = static_cast<uint16_t>(std::min<uint32_t>(
        settings.mtu_bytes == 0 ? mtu_default_bytes : settings.mtu_bytes, UINT16_MAX));
    std::vector<IpAddress> configured;
    for (const InterfaceAddress& address : settings.addresses) {
      configured.push_back(address.address);
    }
    interface.address = first_v4(configured);
    interface.source4 = workers_source(settings, true);
    interface.source6 = workers_source(settings, false);
    interface.address_v6 = first_v6(configured);
  }
  for (const KernelLink& link : desired_.kernel.links) {
    if (link.interface >= interfaces_.size()) continue;
    Interface& interface = interfaces_[link.interface];
    if (link.up) interface.link = &link;
    if (link.mtu_bytes != 0) {
      interface.mtu_bytes =
          static_cast<uint16_t>(std::min<uint32_t>(interface.mtu_bytes, link.mtu_bytes));
    }
    if (interface.address == IpAddress{}) interface.address = first_v4(link.addresses);
    if (interface.address_v6 == IpAddress{}) interface.address_v6 = first_v6(link.addresses);
  }
  for (Interface& interface : interfaces_) {
    if (!interface.source4.is_workers) interface.source4.first = interface.address;
    if (!interface.source6.is_workers) interface.source6.first = interface.address_v6;
  }
}

// Routes over a link that is down lead nowhere: another one may take their place.
void RoutingCompiler::read_routes() {
  std::vector<Lpm<IpRoute>::Item> routes;
  for (const KernelRoute& route : desired_.kernel.routes) {
    if (route.interface >= interfaces_.size()) continue;
    const Interface& interface = interfaces_[route.interface];
    if (interface.link == nullptr) continue;
    const uint32_t mtu_bytes = route.mtu_bytes == 0 ? UINT16_MAX : route.mtu_bytes;
    routes.emplace_back(
        route.to,
        IpRoute{route.interface, route.gateway,
                static_cast<uint16_t>(std::min<uint32_t>(mtu_bytes, interface.mtu_bytes))});
  }
  routes_ = Lpm<IpRoute>(routes);
}

Way RoutingCompiler::way_to(const IpAddress& destination) {
  const IpRoute* route = routes_.find(destination);
  if (route == nullptr) return {};
  const bool on_link = route->gateway.is_unspecified();
  const Interface& interface = interfaces_[route->interface];
  return {index_of({route->interface, on_link ? destination : route->gateway}), route->mtu_bytes,
          on_link, destination.is_v4() ? interface.source4 : interface.source6};
}

void RoutingCompiler::keep(uint32_t next_hop) {
  if (next_hop != 0) used_[next_hop] = true;
}

uint32_t RoutingCompiler::index_of(const Neighbour& neighbour) {
  if (before_ != nullptr) {
    if (const uint32_t* known = before_->neighbours.find(neighbour)) {
      used_[*known] = true;
      return *known;
    }
  }
  const auto [added, is_new] = added_.try_emplace(neighbour, 0);
  if (is_new) added->second = take_free_index();
  return added->second;
}

// An index of the previous part may still be kept by somebody who has not said so: only those that
// were free there are taken.
uint32_t RoutingCompiler::take_free_index() {
  if (taken_.empty()) {
    taken_.resize(std::max<std::size_t>(used_.size(), 1));
    taken_[0] = true;
    if (before_ != nullptr) {
      before_->neighbours.for_each([&](const Neighbour&, uint32_t at) { taken_[at] = true; });
    }
  }
  while (first_untried_ < taken_.size() && taken_[first_untried_]) ++first_untried_;
  return first_untried_++;
}

NextHop RoutingCompiler::next_hop(const Neighbour& neighbour) const {
  NextHop hop{.interface = neighbour.interface};
  if (neighbour.interface < interfaces_.size()) {
    hop.mtu_bytes = interfaces_[neighbour.interface].mtu_bytes;
  }
  return hop;
}

void RoutingCompiler::resolve(const KernelNeighbour& neighbour, NextHop& hop) const {
  if (neighbour.interface >= interfaces_.size()) return;
  const Interface& interface = interfaces_[neighbour.interface];
  if (interface.link == nullptr) return;
  std::byte* at = hop.link_header.data();
  const auto put = [&at](const auto& value) {
    std::memcpy(at, &value, sizeof(value));
    at += sizeof(value);
  };
  put(neighbour.mac);
  put(interface.link->mac);
  if (interface.settings->vlan) {
    put(be16(0x8100));
    put(be16(*interface.settings->vlan));
  }
  put(be16(neighbour.address.is_v4() ? 0x0800 : 0x86dd));
  hop.link_header_bytes = static_cast<uint8_t>(at - hop.link_header.data());
}

std::shared_ptr<const RoutingPart> RoutingCompiler::finish() {
  if (!gives_up_unused() && added_.empty()) return previous_.snapshot->routing;
  std::vector<std::pair<Neighbour, uint32_t>> neighbours(added_.begin(), added_.end());
  bool some_went = false;
  if (before_ != nullptr) {
    before_->neighbours.for_each([&](const Neighbour& neighbour, uint32_t at) {
      if (used_[at]) neighbours.emplace_back(neighbour, at);
      some_went = some_went || !used_[at];
    });
  }
  auto part = std::make_shared<RoutingPart>();
  part->next_hops.resize(1);
  for (const auto& [neighbour, at] : neighbours) {
    if (part->next_hops.size() <= at) part->next_hops.resize(at + 1);
    part->next_hops[at] = next_hop(neighbour);
  }
  part->neighbours = FlatMap<Neighbour, uint32_t>(neighbours);
  for (const KernelNeighbour& known : desired_.kernel.neighbours) {
    const uint32_t* at = part->neighbours.find({known.interface, known.address});
    CHECK(at != nullptr);
    resolve(known, part->next_hops[*at]);
  }
  if (!ways_changed_ && added_.empty() && !some_went && part->next_hops == before_->next_hops) {
    return previous_.snapshot->routing;
  }
  part->routes = routes_;
  for (std::size_t i = 0; i < std::min<std::size_t>(interfaces_.size(), interfaces_max); ++i) {
    part->icmp_sources[i] = {interfaces_[i].address, interfaces_[i].address_v6};
  }
  return part;
}

}  // namespace weft::mgmt
