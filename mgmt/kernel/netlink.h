// Netlink by libnl, as far as Kernel needs it: a socket for questions and one for requests, values
// out of the kernel's objects. libnl's own headers stay in netlink.cc. Thread safety: one thread a
// socket. It works in the network namespace it was opened in.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/wire/ip_address.h"

struct nl_sock;

namespace weft::mgmt {

struct NetlinkLink {
  int index = 0;
  std::array<uint8_t, 6> mac{};
  uint32_t mtu_bytes = 0;
  bool up = false;       // administratively
  bool running = false;  // up, and with a carrier
};

struct NetlinkAddress {
  int link = 0;
  IpAddress address;
  uint32_t prefix_length = 0;
  bool worker = false;  // deprecated, a host address, without a route: answered, never a source
  bool link_scope = false;
  bool operator==(const NetlinkAddress&) const = default;
};

struct NetlinkNeighbour {
  int link = 0;
  IpAddress address;
  std::array<uint8_t, 6> mac{};
  bool usable = false;
};

struct NetlinkRoute {
  uint32_t table = 0;
  uint8_t protocol = 0;
  IpPrefix to;
  uint32_t metric = 0;
  uint32_t mtu_bytes = 0;  // 0: the link's
  struct Hop {
    int link = 0;
    IpAddress gateway;  // unspecified: on link
    bool dead = false;
    bool gateway_on_link = false;  // whatever addresses the link has; only written
  };
  std::vector<Hop> hops;
};

class Netlink {
 public:
  static Result<Netlink> open();

  // Null when there is no such interface.
  std::unique_ptr<NetlinkLink> link(const std::string& name) const;
  // In the kernel's order. What cannot be read is absent.
  std::vector<NetlinkAddress> addresses(int link) const;
  std::vector<NetlinkNeighbour> neighbours(int link) const;
  // Unicast routes of both families in a table.
  std::vector<NetlinkRoute> routes(uint32_t table) const;

  // Each returns the kernel's reason, empty when done. Adding what is there, and removing what is
  // not, is done.
  std::string set_up(int link) const;
  std::string add(const NetlinkAddress& address) const;
  std::string remove(const NetlinkAddress& address) const;
  // Requires: exactly one hop.
  std::string add(const NetlinkRoute& route) const;
  std::string remove(const NetlinkRoute& route) const;
  // One that stays as it is, and is never asked for.
  std::string add(const NetlinkNeighbour& neighbour) const;
  std::string remove(const NetlinkNeighbour& neighbour) const;
  // Starts or confirms the resolution of a neighbour.
  void use_neighbour(int link, const IpAddress& address) const;

 private:
  struct Close {
    void operator()(nl_sock* socket) const;
  };
  using Socket = std::unique_ptr<nl_sock, Close>;
  Netlink(Socket dumps, Socket requests)
      : dumps_(std::move(dumps)), requests_(std::move(requests)) {}

  Socket dumps_;
  Socket requests_;  // acknowledged
};

}  // namespace weft::mgmt
