// Between libnl's objects and our values. Only netlink.cc and its parts include this.
#pragma once

#include <netlink/addr.h>
#include <netlink/object.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/route.h>

#include <memory>
#include <optional>

#include "mgmt/kernel/netlink.h"

namespace weft::mgmt {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* object) const {
    release(object);
  }
};
using LinkObject = std::unique_ptr<rtnl_link, Release<rtnl_link_put>>;
using AddressObject = std::unique_ptr<rtnl_addr, Release<rtnl_addr_put>>;
using NeighbourObject = std::unique_ptr<rtnl_neigh, Release<rtnl_neigh_put>>;
using RouteObject = std::unique_ptr<rtnl_route, Release<rtnl_route_put>>;
using AddressBytes = std::unique_ptr<nl_addr, Release<nl_addr_put>>;

// Objects as values; absent for what we have no use for.
NetlinkLink value_of(rtnl_link* object);
std::optional<NetlinkAddress> value_of(rtnl_addr* object);
std::optional<NetlinkNeighbour> value_of(rtnl_neigh* object);
std::optional<NetlinkRoute> value_of(rtnl_route* object);

// Values as objects to be sent.
AddressBytes bytes_of(const IpAddress& address, uint32_t prefix_length);
AddressObject object_of(const NetlinkAddress& address);
RouteObject object_of(const NetlinkRoute& route);
NeighbourObject object_of(const NetlinkNeighbour& neighbour);
int family_of(const IpAddress& address);

}  // namespace weft::mgmt
