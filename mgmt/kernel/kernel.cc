#include "mgmt/kernel/kernel.h"

#include <linux/rtnetlink.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "dataplane/base/check.h"
#include "mgmt/kernel/netlink.h"
#include "mgmt/kernel/netlink_events.h"
#include "mgmt/kernel/twin_sysctl.h"

namespace weft::mgmt {

static constexpr uint32_t main_table = RT_TABLE_MAIN;
static constexpr uint32_t default_table = RT_TABLE_DEFAULT;

struct Kernel::State {
  State(Netlink netlink_opened, NetlinkEvents events_opened)
      : netlink(std::move(netlink_opened)), events(std::move(events_opened)) {}

  Netlink netlink;
  NetlinkEvents events;
  std::vector<std::string> twins;  // names by interface index
  std::vector<int> indices;        // of the kernel, by interface index; 0: not there
  std::vector<std::map<IpAddress, NetlinkAddress>> added;  // addresses, by interface index
  KernelView view;
  std::function<void(const KernelView&)> changed;

  std::optional<uint16_t> interface_of(int link) const;
  void read(const Changed& what);
  void read_links();
  void read_addresses();
  void read_neighbours();
  void read_routes();
  void add_routes_of(uint32_t table);

  void apply_addresses(uint16_t interface, const PlannedTwin& twin);
  void apply_routes(uint16_t interface, const PlannedTwin& twin);
  void apply_probe_neighbours(uint16_t interface, const PlannedTwin& twin);
  void apply_announcements(const KernelPlan& plan);
  void make_routes(uint32_t table, const std::vector<NetlinkRoute>& wanted,
                   const std::function<bool(int)>& on_link);
  void note(const std::string& what, const std::string& refused);
  Result<void> outcome;  // of the apply that runs: its first error
};

Result<std::unique_ptr<Kernel>> Kernel::open(std::vector<std::string> twins) {
  // Notifications first, so that what changes during the first dump is not missed.
  auto events = NetlinkEvents::open();
  if (!events) return tl::unexpected(events.error());
  auto netlink = Netlink::open();
  if (!netlink) return tl::unexpected(netlink.error());
  auto state = std::make_unique<State>(std::move(*netlink), std::move(*events));
  state->indices.resize(twins.size());
  state->added.resize(twins.size());
  state->twins = std::move(twins);
  state->read(Changed::everything());
  for (std::size_t i = 0; i < state->twins.size(); ++i) {
    if (state->indices[i] == 0) return fail("there is no twin \"" + state->twins[i] + "\"");
  }
  return std::unique_ptr<Kernel>(new Kernel(std::move(state)));
}

Kernel::Kernel(std::unique_ptr<State> state) : state_(std::move(state)) {}
Kernel::~Kernel() = default;

int Kernel::fd() const {
  return state_->events.fd();
}
const KernelView& Kernel::view() const {
  return state_->view;
}

void Kernel::on_change(std::function<void(const KernelView&)> changed) {
  state_->changed = std::move(changed);
}

void Kernel::process_events() {
  const Changed what =
      state_->events.take([this](int link) { return state_->interface_of(link).has_value(); });
  if (!what.anything()) return;
  const KernelView before = state_->view;
  state_->read(what);
  if (state_->changed && state_->view != before) state_->changed(state_->view);
}

// ---- reading

std::optional<uint16_t> Kernel::State::interface_of(int link) const {
  for (uint16_t i = 0; i < indices.size(); ++i) {
    if (link != 0 && indices[i] == link) return i;
  }
  return std::nullopt;
}

void Kernel::State::read(const Changed& what) {
  const std::vector<int> before = indices;
  if (what.links) read_links();
  const bool other_links = indices != before;
  if (what.addresses || what.links || other_links) read_addresses();
  if (what.neighbours || other_links) read_neighbours();
  if (what.routes || other_links) read_routes();
}

void Kernel::State::read_links() {
  view.links.resize(twins.size());
  for (uint16_t i = 0; i < twins.size(); ++i) {
    const auto link = netlink.link(twins[i]);
    KernelLink& mirrored = view.links[i];
    const int before = indices[i];
    indices[i] = link ? link->index : 0;
    if (indices[i] != before) added[i].clear();  // what was added went with it
    mirrored.interface = i;
    mirrored.mac = link ? link->mac : std::array<uint8_t, 6>{};
    mirrored.mtu_bytes = link ? link->mtu_bytes : 0;
    mirrored.up = link && link->running;
  }
}

void Kernel::State::read_addresses() {
  for (KernelLink& link : view.links) {
    link.addresses.clear();
    if (indices[link.interface] == 0) continue;
    for (const NetlinkAddress& address : netlink.addresses(indices[link.interface])) {
      if (!address.worker && !address.link_scope) link.addresses.push_back(address.address);
    }
  }
}

void Kernel::State::read_neighbours() {
  view.neighbours.clear();
  for (uint16_t i = 0; i < indices.size(); ++i) {
    if (indices[i] == 0) continue;
    for (const NetlinkNeighbour& neighbour : netlink.neighbours(indices[i])) {
      const bool wanted =
          neighbour.usable && !neighbour.address.is_multicast() && neighbour.mac != probe_mac;
      if (wanted) view.neighbours.push_back({i, neighbour.address, neighbour.mac});
    }
  }
  std::ranges::sort(view.neighbours, {},
                    [](const KernelNeighbour& n) { return std::tuple(n.interface, n.address); });
}

static bool is_link_local(const IpPrefix& prefix) {
  static const IpPrefix v6 = *IpPrefix::parse("fe80::/10");
  return v6.contains(prefix.address()) && prefix.length() >= v6.length();
}

void Kernel::State::add_routes_of(uint32_t table) {
  for (const NetlinkRoute& route : netlink.routes(table)) {
    if (route.to.address().is_multicast() || is_link_local(route.to)) continue;
    if (route.protocol == probe_protocol) continue;
    for (const NetlinkRoute::Hop& hop : route.hops) {
      const auto interface = interface_of(hop.link);
      if (!interface || hop.dead) continue;
      view.routes.push_back({route.to, *interface, hop.gateway, route.metric, route.mtu_bytes});
    }
  }
}

void Kernel::State::read_routes() {
  view.routes.clear();
  add_routes_of(main_table);
  add_routes_of(default_table);
  std::ranges::sort(view.routes, {}, [](const KernelRoute& r) {
    return std::tuple(r.to, r.metric, r.interface, r.gateway, r.mtu_bytes);
  });
}

// ---- writing

void Kernel::State::note(const std::string& what, const std::string& refused) {
  if (refused.empty() || !outcome) return;
  outcome = fail("the kernel refuses " + what + ": " + refused);
}

void Kernel::State::apply_addresses(uint16_t interface, const PlannedTwin& twin) {
  const int link = indices[interface];
  std::map<IpAddress, NetlinkAddress> wanted;
  for (const IpAddress& address : twin.worker_addresses) {
    wanted[address] = {link, address, address.family_bits(), true, false};
  }
  for (const InterfaceAddress& own : twin.addresses) {
    wanted[own.address] = {link, own.address, own.prefix_length, false, false};
  }
  std::map<IpAddress, NetlinkAddress>& ours = added[interface];
  std::erase_if(ours, [&](const auto& entry) {
    const auto still = wanted.find(entry.first);
    if (still != wanted.end() && still->second == entry.second) return false;
    note("to remove " + entry.first.to_string() + " from " + twin.name,
         netlink.remove(entry.second));
    return true;
  });
  const std::vector<NetlinkAddress> there = netlink.addresses(link);
  for (const auto& [address, wanted_here] : wanted) {
    const NetlinkAddress& entry = wanted_here;  // clang takes no binding into a lambda
    const bool has = std::ranges::any_of(there, [&](const NetlinkAddress& one) {
      return one.address == entry.address && one.prefix_length == entry.prefix_length &&
             one.worker == entry.worker;
    });
    std::string refused;
    if (!has) refused = netlink.add(entry);
    note("the address " + address.to_string() + " on " + twin.name, refused);
    if (refused.empty()) ours[address] = entry;
  }
}

// Makes the routes with our protocol numbers in `table` that leave by `on_link` exactly `wanted`.
void Kernel::State::make_routes(uint32_t table, const std::vector<NetlinkRoute>& wanted,
                                const std::function<bool(int)>& on_link) {
  const auto same = [](const NetlinkRoute& a, const NetlinkRoute& b) {
    return a.to == b.to && a.protocol == b.protocol && a.hops.front().link == b.hops.front().link &&
           a.hops.front().gateway == b.hops.front().gateway;
  };
  std::vector<NetlinkRoute> there = netlink.routes(table);
  std::erase_if(there, [&](const NetlinkRoute& route) {
    const bool ours = route.protocol == announced_protocol || route.protocol == probe_protocol;
    return !ours || route.hops.size() != 1 || !on_link(route.hops.front().link);
  });
  for (const NetlinkRoute& route : there) {
    const bool keep = std::ranges::any_of(wanted, [&](const auto& w) { return same(w, route); });
    if (!keep) note("to remove the route to " + route.to.to_string(), netlink.remove(route));
  }
  for (const NetlinkRoute& route : wanted) {
    const bool has = std::ranges::any_of(there, [&](const auto& t) { return same(t, route); });
    if (has) continue;
    const IpAddress& gateway = route.hops.front().gateway;
    const std::string via = gateway.is_unspecified() ? "" : " via " + gateway.to_string();
    note("the route to " + route.to.to_string() + via, netlink.add(route));
  }
}

void Kernel::State::apply_routes(uint16_t interface, const PlannedTwin& twin) {
  std::vector<NetlinkRoute> wanted;
  for (const InterfaceRoute& route : twin.routes) {
    wanted.push_back({.table = main_table,
                      .protocol = announced_protocol,
                      .to = route.to,
                      .hops = {{indices[interface], route.via}}});
  }
  for (const PlannedProbes& probes : twin.probes) {
    wanted.push_back(
        {.table = main_table,
         .protocol = probe_protocol,
         .to = probes.range,
         .metric = probes.metric,
         .mtu_bytes = probe_mtu_bytes,
         .hops = {
             {.link = indices[interface], .gateway = probes.neighbour, .gateway_on_link = true}}});
  }
  make_routes(main_table, wanted, [&](int link) { return link == indices[interface]; });
}

void Kernel::State::apply_probe_neighbours(uint16_t interface, const PlannedTwin& twin) {
  const int link = indices[interface];
  for (const NetlinkNeighbour& neighbour : netlink.neighbours(link)) {
    const bool kept = std::ranges::any_of(twin.probes, [&](const PlannedProbes& probes) {
      return probes.neighbour == neighbour.address;
    });
    if (neighbour.mac != probe_mac || kept) continue;
    note("to remove the neighbour " + neighbour.address.to_string(), netlink.remove(neighbour));
  }
  for (const PlannedProbes& probes : twin.probes) {
    note("the neighbour " + probes.neighbour.to_string() + " on " + twin.name,
         netlink.add(NetlinkNeighbour{link, probes.neighbour, probe_mac, true}));
  }
}

void Kernel::State::apply_announcements(const KernelPlan& plan) {
  std::vector<NetlinkRoute> wanted;
  for (const PlannedAnnouncement& announcement : plan.announcements) {
    CHECK(announcement.interface < indices.size());
    wanted.push_back({.table = announced_table,
                      .protocol = announced_protocol,
                      .to = announcement.listener,
                      .hops = {{indices[announcement.interface], IpAddress()}}});
  }
  make_routes(announced_table, wanted, [&](int link) { return interface_of(link).has_value(); });
}

Result<void> Kernel::apply(const KernelPlan& plan) {
  CHECK(plan.twins.size() == state_->twins.size());
  state_->outcome = {};
  for (uint16_t i = 0; i < plan.twins.size(); ++i) {
    const PlannedTwin& twin = plan.twins[i];
    if (state_->indices[i] == 0) {
      state_->note("everything on " + twin.name, "there is no such interface");
      continue;
    }
    if (auto set = set_twin_sysctls(twin.name); !set && state_->outcome) state_->outcome = set;
    state_->note("to bring " + twin.name + " up", state_->netlink.set_up(state_->indices[i]));
    state_->apply_addresses(i, twin);
    state_->apply_probe_neighbours(i, twin);
    state_->apply_routes(i, twin);
  }
  state_->apply_announcements(plan);
  return state_->outcome;
}

void Kernel::resolve(uint16_t interface, const IpAddress& neighbour) {
  const int link = interface < state_->indices.size() ? state_->indices[interface] : 0;
  if (link != 0) state_->netlink.use_neighbour(link, neighbour);
}

}  // namespace weft::mgmt
