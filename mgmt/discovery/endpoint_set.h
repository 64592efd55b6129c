// The full set of endpoints that a cluster's configuration and its host names come to: names are
// replaced by their addresses, each address and port once, ordered by address and port.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/wire/ip_address.h"
#include "mgmt/discovery/host_names.h"
#include "mgmt/discovery/own_addresses.h"
#include "mgmt/model/model.h"

namespace weft::mgmt {

struct EndpointAddress {
  IpAddress address;
  uint16_t port = 0;
  auto operator<=>(const EndpointAddress&) const = default;
  std::string to_string() const { return address.to_string(port); }
};

struct DiscoveredEndpoint {
  EndpointAddress at;
  uint32_t weight = 1;
  std::string host;        // the name it was resolved from; empty: configured as an address
  QuicServerId server_id;  // length 0: none
  bool operator==(const DiscoveredEndpoint&) const = default;
};

struct EndpointSet {
  std::vector<DiscoveredEndpoint> endpoints;  // ordered by `at`, each once
  bool complete = false;                      // every host name is known: this is a first set
  std::string problem;                        // of its names, what was ignored; empty: none
  bool operator==(const EndpointSet&) const = default;
};

// The host names among the endpoints, ordered, each once.
std::vector<std::string> names_in(const ClusterSettings& cluster);

// Of entries that come to the same address and port, the first in the configuration counts.
// Addresses of the gateway itself are ignored.
EndpointSet discover(const ClusterSettings& cluster, const HostNames& names,
                     const OwnAddresses& own);

}  // namespace weft::mgmt
