// What keys must be together. Each check leaves out what could not be read, which was complained
// of already. Requires for all: read_model filled reading.model from `root`.
#pragma once

#include <string>
#include <vector>

#include "mgmt/config/reading.h"

namespace weft::mgmt::config {

// An address or prefix that somebody on this host has: no other may have it, and no endpoint may be
// there.
struct OwnedPrefix {
  IpPrefix prefix;
  std::string owner;  // "an address of interface "edge" (line 5)"
  Offset at = 0;
  bool host = false;  // the kernel's; otherwise the workers'
};
// Of all interfaces, in the order of the file's tables.
std::vector<OwnedPrefix> owned_prefixes(Reading& reading, const Node& root);

bool overlap(const IpPrefix& a, const IpPrefix& b);

void check_names(Reading& reading, const Node& root);
void check_gateway(Reading& reading, const Node& root);
// Devices and twins: every kernel interface and every queue has one user.
void check_devices(Reading& reading, const Node& root);
// Routes, and addresses against each other.
void check_interfaces(Reading& reading, const Node& root);
// The subnets of interfaces: their edges, whom else they belong to, the routes into them.
void check_subnets(Reading& reading, const Node& root);
void check_listeners(Reading& reading, const Node& root);
// Where lists come from, and who names them.
void check_prefix_lists(Reading& reading, const Node& root);
void check_clusters(Reading& reading, const Node& root);
// Probes through listeners, and the addresses that they need.
void check_probes(Reading& reading, const Node& root);
// Peers of the fleet.
void check_sync(Reading& reading, const Node& root);
// Server ids, and the configurations that they are in connection ids by.
void check_quic(Reading& reading, const Node& root);

}  // namespace weft::mgmt::config
