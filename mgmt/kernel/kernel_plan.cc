#include "mgmt/kernel/kernel_plan.h"

#include <algorithm>
#include <optional>

#include "mgmt/model/probe_path.h"

namespace weft::mgmt {

static IpPrefix subnet(const InterfaceAddress& own) {
  return {own.address, own.prefix_length};
}

static bool on_link(const InterfaceSettings& interface, const IpAddress& address) {
  return std::ranges::any_of(interface.addresses, [&](const InterfaceAddress& own) {
    return subnet(own).contains(address);
  });
}

// The kernel keeps the first and last address of an IPv4 subnet for itself.
static bool is_edge(const InterfaceSettings& interface, const IpAddress& address) {
  return address.is_v4() &&
         std::ranges::any_of(interface.addresses, [&](const InterfaceAddress& own) {
           if (!own.address.is_v4() || own.prefix_length > 30) return false;
           const uint32_t hosts = UINT32_MAX >> own.prefix_length;
           const uint32_t host = address.v4().host() & hosts;
           return subnet(own).contains(address) && (host == 0 || host == hosts);
         });
}

static bool is_own(const InterfaceSettings& interface, const IpAddress& address) {
  return std::ranges::any_of(interface.addresses,
                             [&](const InterfaceAddress& own) { return own.address == address; });
}

// `count` beyond the first. Requires: it stays within the last 32 bits.
static IpAddress plus(const IpAddress& first, uint32_t count) {
  std::array<std::byte, 16> bytes = first.bytes();
  store(&bytes[12], be32(load<be32>(&bytes[12]).host() + count));
  return IpAddress::v6(bytes.data());
}

static void add_source_addresses(const InterfaceSettings& interface, PlannedTwin& twin) {
  for (const IpPrefix& prefix : interface.source_addresses) {
    const uint32_t host_bits = prefix.address().family_bits() - prefix.length();
    if (host_bits > 31 || (1u << host_bits) > answered_addresses_max) continue;
    for (uint32_t i = 0; i < 1u << host_bits; ++i) {
      const IpAddress address = plus(prefix.address(), i);
      if (on_link(interface, address) && !is_edge(interface, address)) {
        twin.worker_addresses.push_back(address);
      }
    }
  }
}

// The interface that an address is on link for.
static std::optional<uint16_t> interface_of(const Model& model, const IpAddress& address) {
  for (uint16_t i = 0; i < model.interfaces.size(); ++i) {
    if (on_link(model.interfaces[i], address)) return i;
  }
  return std::nullopt;
}

static void sort_once(std::vector<IpAddress>& addresses) {
  std::ranges::sort(addresses);
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
}

static std::vector<PlannedAnnouncement> announcements(
    const Model& model, const std::function<bool(const ListenerSettings&)>& ready) {
  std::vector<PlannedAnnouncement> all;
  for (const ListenerSettings& listener : model.listeners) {
    if (model.interfaces.empty() || !ready(listener)) continue;
    all.push_back({listener.address, interface_of(model, listener.address.address()).value_or(0)});
  }
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

// The ranges that something is probed in, IPv4 first.
static std::vector<ProbeRange> probed_ranges(const Model& model) {
  std::vector<ProbeRange> ranges;
  const auto paths = probe_paths(model);
  const ProbeRanges all = probe_ranges(model.gateway);
  for (const ProbeRange& range : {all.v4, all.v6}) {
    const bool used = std::ranges::any_of(
        paths, [&](const auto& path) { return !range.empty() && path.second.range == range; });
    if (used) ranges.push_back(range);
  }
  return ranges;
}

// Of IPv6 it is link-local: the kernel takes no other for several links.
static IpAddress probe_neighbour(const ProbeRange& range) {
  static const IpAddress link_local = *IpAddress::parse("fe80::70:726f:6265");  // "probe"
  return range.prefix().address().is_v4() ? range.neighbour() : link_local;
}

static void add_probes(const Model& model, std::vector<PlannedTwin>& twins) {
  const std::vector<ProbeRange> ranges = probed_ranges(model);
  uint32_t metric = 0;
  for (PlannedTwin& twin : twins) {
    ++metric;
    for (const ProbeRange& range : ranges) {
      twin.probes.push_back({range.prefix(), probe_neighbour(range), metric});
      if (metric == 1) twin.worker_addresses.push_back(range.host());
    }
  }
}

KernelPlan plan_kernel(const Model& model,
                       const std::function<bool(const ListenerSettings&)>& ready) {
  KernelPlan plan;
  for (const InterfaceSettings& interface : model.interfaces) {
    PlannedTwin& twin = plan.twins.emplace_back();
    twin.name = interface.twin;
    twin.addresses = interface.addresses;
    twin.routes = interface.routes;
    add_source_addresses(interface, twin);
  }
  for (const ListenerSettings& listener : model.listeners) {
    if (model.interfaces.empty() || !listener.address.is_host()) continue;
    const IpAddress& address = listener.address.address();
    // One that is on link nowhere is reached by routing; the kernel answers ping for it all the
    // same.
    const uint16_t interface = interface_of(model, address).value_or(0);
    plan.twins[interface].worker_addresses.push_back(address);
  }
  add_probes(model, plan.twins);
  for (std::size_t i = 0; i < plan.twins.size(); ++i) {
    std::erase_if(plan.twins[i].worker_addresses,
                  [&](const IpAddress& address) { return is_own(model.interfaces[i], address); });
    sort_once(plan.twins[i].worker_addresses);
  }
  plan.announcements = announcements(model, ready);
  return plan;
}

}  // namespace weft::mgmt
