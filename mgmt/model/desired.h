// What should be published: the model with host names resolved and ids given. The controller makes
// it, publish compiles it into a Snapshot. Plain values.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/base/ids.h"
#include "dataplane/wire/ip_address.h"
#include "mgmt/model/kernel_view.h"
#include "mgmt/model/model.h"
#include "pipelines/probe_addresses.h"

namespace weft::mgmt {

struct DesiredEndpoint {
  EndpointId id;
  IpAddress address;
  uint16_t port = 0;
  uint32_t weight = 1;
  QuicServerId server_id;  // length 0: none
  bool operator==(const DesiredEndpoint&) const = default;
};

// What the table of a cluster is made of.
struct DesiredTable {
  uint32_t maglev_slots = 0;               // 0: by the number of endpoints
  std::vector<DesiredEndpoint> endpoints;  // ordered by address and port
  bool operator==(const DesiredTable&) const = default;
};

struct DesiredCluster {
  ClusterId id;
  ListenerSlot probed_through = none<ListenerSlot>;  // none: endpoints' own addresses are probed
  OnEndpointDown on_endpoint_down = OnEndpointDown::reset;
  uint32_t endpoint_flows_max = 0;         // over all workers; 0: any number
  uint32_t maglev_slots = 0;               // 0: by the number of endpoints
  std::vector<DesiredEndpoint> endpoints;  // ordered by address and port
  // Not in the set, nor ever in one that was published here: they have records, for flows that
  // began at other gateways. Likewise ordered; also in Desired::draining.
  std::vector<DesiredEndpoint> adopted;
  // The table of a while ago, for connections from then; null: none. Its endpoints are live, or
  // among Desired::draining. Compared by identity.
  std::shared_ptr<const DesiredTable> previous;
  bool operator==(const DesiredCluster&) const = default;
};

struct DesiredListener {
  ListenerId id;
  ListenerSettings settings;
  ClusterId cluster;
  bool operator==(const DesiredListener&) const = default;
};

struct Desired {
  std::vector<InterfaceSettings> interfaces;
  std::vector<DesiredListener> listeners;  // of live ids
  std::vector<DesiredCluster> clusters;    // of live ids
  // Endpoints that left their cluster and keep their record while flows refer to them, in order:
  // Identities::settle().
  std::vector<EndpointSlot> draining;
  std::vector<PrefixListSettings> prefix_lists;
  std::shared_ptr<const PrefixSet> blackholes;  // another one after each change; null: none
  KernelView kernel;
  FlowSettings flows;
  Transit transit = Transit::drop;
  ProbeRanges probe_ranges;
  std::vector<uint16_t> worker_weights{1};  // one a worker; as shares_of() takes them
  uint64_t hash_seed = 0;
  bool operator==(const Desired&) const = default;
};

}  // namespace weft::mgmt
