#include "mgmt/kernel/netlink_objects.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/route/nexthop.h>

#include <algorithm>
#include <cstring>

namespace weft::mgmt {

static std::optional<IpAddress> address_of(nl_addr* object) {
  if (object == nullptr) return std::nullopt;
  std::array<std::byte, 16> bytes{};
  const auto length = std::min<std::size_t>(nl_addr_get_len(object), bytes.size());
  std::memcpy(bytes.data(), nl_addr_get_binary_addr(object), length);
  // The default route's destination has no bytes; its family tells.
  if (nl_addr_get_family(object) == AF_INET) return IpAddress::v4(load<be32>(bytes.data()));
  if (nl_addr_get_family(object) == AF_INET6) return IpAddress::v6(bytes.data());
  return std::nullopt;
}

static std::array<uint8_t, 6> mac_of(nl_addr* object) {
  std::array<uint8_t, 6> mac{};
  if (object == nullptr || nl_addr_get_len(object) != mac.size()) return mac;
  std::memcpy(mac.data(), nl_addr_get_binary_addr(object), mac.size());
  return mac;
}

NetlinkLink value_of(rtnl_link* object) {
  const unsigned flags = rtnl_link_get_flags(object);
  return {.index = rtnl_link_get_ifindex(object),
          .mac = mac_of(rtnl_link_get_addr(object)),
          .mtu_bytes = rtnl_link_get_mtu(object),
          .up = (flags & IFF_UP) != 0,
          .running = (flags & IFF_UP) != 0 && (flags & IFF_RUNNING) != 0};
}

std::optional<NetlinkAddress> value_of(rtnl_addr* object) {
  nl_addr* local = rtnl_addr_get_local(object);
  const auto address = address_of(local);
  if (!address) return std::nullopt;
  const unsigned flags = rtnl_addr_get_flags(object);
  const auto prefix_length = static_cast<uint32_t>(nl_addr_get_prefixlen(local));
  constexpr unsigned workers_flags = IFA_F_DEPRECATED | IFA_F_NOPREFIXROUTE;
  return NetlinkAddress{
      .link = rtnl_addr_get_ifindex(object),
      .address = *address,
      .prefix_length = prefix_length,
      .worker = (flags & workers_flags) == workers_flags && prefix_length == address->family_bits(),
      .link_scope = rtnl_addr_get_scope(object) == RT_SCOPE_LINK};
}

std::optional<NetlinkNeighbour> value_of(rtnl_neigh* object) {
  const auto address = address_of(rtnl_neigh_get_dst(object));
  if (!address) return std::nullopt;
  constexpr int usable = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT;
  nl_addr* mac = rtnl_neigh_get_lladdr(object);
  return NetlinkNeighbour{.link = rtnl_neigh_get_ifindex(object),
                          .address = *address,
                          .mac = mac_of(mac),
                          .usable = mac != nullptr && (rtnl_neigh_get_state(object) & usable) != 0};
}

static NetlinkRoute::Hop hop_of(rtnl_nexthop* object) {
  NetlinkRoute::Hop hop;
  hop.link = rtnl_route_nh_get_ifindex(object);
  hop.dead = (rtnl_route_nh_get_flags(object) & RTNH_F_DEAD) != 0;
  auto gateway = address_of(rtnl_route_nh_get_gateway(object));
  if (!gateway) gateway = address_of(rtnl_route_nh_get_via(object));  // of the other family
  hop.gateway = gateway.value_or(IpAddress());
  return hop;
}

std::optional<NetlinkRoute> value_of(rtnl_route* object) {
  nl_addr* to = rtnl_route_get_dst(object);
  const auto address = address_of(to);
  if (!address || rtnl_route_get_type(object) != RTN_UNICAST) return std::nullopt;
  NetlinkRoute route;
  route.table = rtnl_route_get_table(object);
  route.protocol = rtnl_route_get_protocol(object);
  route.to = IpPrefix(*address, static_cast<uint32_t>(nl_addr_get_prefixlen(to)));
  route.metric = rtnl_route_get_priority(object);
  uint32_t mtu_bytes = 0;
  if (rtnl_route_get_metric(object, RTAX_MTU, &mtu_bytes) == 0) route.mtu_bytes = mtu_bytes;
  for (int i = 0; i < rtnl_route_get_nnexthops(object); ++i) {
    route.hops.push_back(hop_of(rtnl_route_nexthop_n(object, i)));
  }
  return route;
}

int family_of(const IpAddress& address) {
  return address.is_v4() ? AF_INET : AF_INET6;
}

AddressBytes bytes_of(const IpAddress& address, uint32_t prefix_length) {
  const std::size_t skipped = address.is_v4() ? 12 : 0;
  AddressBytes bytes(nl_addr_build(family_of(address), &address.bytes()[skipped],
                                   address.bytes().size() - skipped));
  nl_addr_set_prefixlen(bytes.get(), static_cast<int>(prefix_length));
  return bytes;
}

AddressObject object_of(const NetlinkAddress& address) {
  AddressObject object(rtnl_addr_alloc());
  rtnl_addr_set_ifindex(object.get(), address.link);
  rtnl_addr_set_family(object.get(), family_of(address.address));
  rtnl_addr_set_local(object.get(), bytes_of(address.address, address.prefix_length).get());
  rtnl_addr_set_flags(object.get(), IFA_F_NODAD);
  if (!address.worker) return object;
  rtnl_addr_set_flags(object.get(), IFA_F_NODAD | IFA_F_NOPREFIXROUTE);
  rtnl_addr_set_valid_lifetime(object.get(), UINT32_MAX);
  rtnl_addr_set_preferred_lifetime(object.get(), 0);
  // IPv4 does not know deprecated addresses when it picks a source; it leaves out host scope.
  if (address.address.is_v4()) rtnl_addr_set_scope(object.get(), RT_SCOPE_HOST);
  return object;
}

RouteObject object_of(const NetlinkRoute& route) {
  const NetlinkRoute::Hop& hop = route.hops.front();
  const bool on_link = hop.gateway.is_unspecified();
  RouteObject object(rtnl_route_alloc());
  rtnl_route_set_family(object.get(), static_cast<uint8_t>(family_of(route.to.address())));
  rtnl_route_set_table(object.get(), route.table);
  rtnl_route_set_protocol(object.get(), route.protocol);
  rtnl_route_set_scope(object.get(), on_link ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE);
  rtnl_route_set_type(object.get(), RTN_UNICAST);
  rtnl_route_set_priority(object.get(), route.metric);
  if (route.mtu_bytes != 0) rtnl_route_set_metric(object.get(), RTAX_MTU, route.mtu_bytes);
  rtnl_route_set_dst(object.get(), bytes_of(route.to.address(), route.to.length()).get());
  rtnl_nexthop* next = rtnl_route_nh_alloc();
  rtnl_route_nh_set_ifindex(next, hop.link);
  if (!on_link) {
    rtnl_route_nh_set_gateway(next, bytes_of(hop.gateway, hop.gateway.family_bits()).get());
    if (hop.gateway_on_link) rtnl_route_nh_set_flags(next, RTNH_F_ONLINK);
  }
  rtnl_route_add_nexthop(object.get(), next);
  return object;
}

NeighbourObject object_of(const NetlinkNeighbour& neighbour) {
  NeighbourObject object(rtnl_neigh_alloc());
  rtnl_neigh_set_ifindex(object.get(), neighbour.link);
  rtnl_neigh_set_dst(object.get(),
                     bytes_of(neighbour.address, neighbour.address.family_bits()).get());
  const AddressBytes mac(nl_addr_build(AF_LLC, neighbour.mac.data(), neighbour.mac.size()));
  rtnl_neigh_set_lladdr(object.get(), mac.get());
  rtnl_neigh_set_state(object.get(), NUD_PERMANENT);
  return object;
}

}  // namespace weft::mgmt
