// What the kernel knows of the twins, mirrored by netlink: the gateway's links, neighbours and
// routes. Plain values; interface is an index into Model::interfaces.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "dataplane/wire/ip_address.h"

namespace weft::mgmt {

struct KernelLink {
  uint16_t interface = 0;
  std::array<uint8_t, 6> mac{};
  uint32_t mtu_bytes = 0;
  bool up = false;
  std::vector<IpAddress> addresses;  // of global scope, the interface's own, not listeners'
  bool operator==(const KernelLink&) const = default;
};

struct KernelNeighbour {  // only usable ones: reachable, stale, delay, probe, permanent
  uint16_t interface = 0;
  IpAddress address;
  std::array<uint8_t, 6> mac{};
  bool operator==(const KernelNeighbour&) const = default;
};

struct KernelRoute {
  IpPrefix to;
  uint16_t interface = 0;
  IpAddress gateway;  // unspecified: on link
  uint32_t metric = 0;
  uint32_t mtu_bytes = 0;  // 0: the link's
  bool operator==(const KernelRoute&) const = default;
};

struct KernelView {
  std::vector<KernelLink> links;            // by interface index
  std::vector<KernelNeighbour> neighbours;  // ordered by interface and address
  std::vector<KernelRoute> routes;          // ordered; of equal prefixes the lowest metric first
  bool operator==(const KernelView&) const = default;
};

}  // namespace weft::mgmt
