#include <fmt/format.h>

#include <set>

#include "mgmt/config/checks.h"
#include "mgmt/config/forms.h"
#include "mgmt/config/key_place.h"
#include "mgmt/config/place.h"

namespace weft::mgmt::config {

// The kernel's socket would never hear what comes to an address of the workers.
static void check_sync_address(Reading& reading, const Node& root) {
  const auto own = parse_ip_and_port(reading.model.sync.address);
  if (!own) return;
  const Offset at = place(root, {"gateway", "sync", "address"});
  if (own->address.is_unspecified() || own->port == 0) {
    reading.complain(at, "address must be one that peers can send to");
    return;
  }
  for (const OwnedPrefix& other : owned_prefixes(reading, root)) {
    if (other.host || !overlap(other.prefix, IpPrefix::host(own->address))) continue;
    reading.complain(at, fmt::format("address \"{}\" overlaps {}: the kernel cannot serve it",
                                     reading.model.sync.address, other.owner));
  }
}

void check_sync(Reading& reading, const Node& root) {
  const SyncSettings& sync = reading.model.sync;
  if (node_at(root, {"gateway"}).find("sync") == nullptr) return;
  if (reading.model.gateway.fleet.empty()) {
    reading.complain(place(root, {"gateway", "sync"}),
                     "missing key \"fleet\" in [gateway]: it names the gateways that are in sync");
  }
  check_sync_address(reading, root);
  const auto own = parse_ip_and_port(sync.address);
  std::set<std::string> known;
  for (std::size_t i = 0; i < sync.peers.size(); ++i) {
    const auto peer = parse_ip_and_port(sync.peers[i]);
    if (!peer) continue;
    const Offset at = place(root, {"gateway", "sync", "peers", i});
    if (!known.insert(peer->address.to_string(peer->port)).second) {
      reading.complain(at, fmt::format("peer \"{}\" is there twice", sync.peers[i]));
    }
    if (own && own->address.is_v4() != peer->address.is_v4()) {
      reading.complain(at, fmt::format("peer \"{}\" is of another family than address \"{}\"",
                                       sync.peers[i], sync.address));
    }
  }
}

}  // namespace weft::mgmt::config
