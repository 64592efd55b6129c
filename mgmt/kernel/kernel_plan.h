// What the kernel should hold for a gateway: addresses and routes of the twins, and a route for
// each ready listener. Made from the model by pure functions; Kernel::apply makes it so.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "dataplane/wire/ip_address.h"
#include "mgmt/model/model.h"

namespace weft::mgmt {

// The kernel sends what goes to the range to a neighbour that is nobody: the twin's worker takes it
// (pipelines/tunnel_probes.h). By the first twin whose link is up.
struct PlannedProbes {
  IpPrefix range;
  IpAddress neighbour;
  uint32_t metric = 0;
  bool operator==(const PlannedProbes&) const = default;
};

struct PlannedTwin {  // by interface index
  std::string name;
  std::vector<InterfaceAddress> addresses;  // the kernel's
  std::vector<IpAddress> worker_addresses;  // the kernel answers ARP, ND and ping for them, no more
  std::vector<InterfaceRoute> routes;
  std::vector<PlannedProbes> probes;
  bool operator==(const PlannedTwin&) const = default;
};

struct PlannedAnnouncement {
  IpPrefix listener;
  uint16_t interface = 0;  // whose twin the route names, so that it ends with the gateway
  auto operator<=>(const PlannedAnnouncement&) const = default;
};

struct KernelPlan {
  std::vector<PlannedTwin> twins;
  std::vector<PlannedAnnouncement> announcements;
  bool operator==(const KernelPlan&) const = default;
};

// A source_addresses prefix with more addresses than this is reached by routing only.
inline constexpr uint32_t answered_addresses_max = 256;

// Worker addresses are answered where they are on link: inside the subnet of one of that
// interface's addresses. A listener's address that is on link nowhere is the first twin's, so that
// ping is answered; listener prefixes never are; of source_addresses every address up to the bound.
// Of probe_addresses those of families that something is probed in; the first twin has the
// kernel's. An address is announced while at least one listener on it is ready.
KernelPlan plan_kernel(const Model& model,
                       const std::function<bool(const ListenerSettings&)>& ready);

}  // namespace weft::mgmt
