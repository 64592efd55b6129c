// How the endpoints of a cluster are probed through one of its listeners, as the configuration
// says. Pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "dataplane/wire/ip_address.h"
#include "mgmt/model/model.h"
#include "pipelines/probe_addresses.h"

namespace weft::mgmt {

struct ProbePath {
  std::string listener;
  IpAddress address;  // the listener's
  uint16_t port = 0;  // of it, or the health check's own
  ProbeRange range;   // of the listener's family: what the kernel connects to
  bool operator==(const ProbePath&) const = default;
};

// By the names of clusters; the endpoints of one that is absent are probed at their own addresses.
std::map<std::string, ProbePath, std::less<>> probe_paths(const Model& model);

// By the families of probe_addresses.
ProbeRanges probe_ranges(const GatewaySettings& gateway);

}  // namespace weft::mgmt
