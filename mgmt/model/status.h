// What the gateway says of itself, without counters: made by the controller, rendered by admin.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/ids.h"
#include "dataplane/wire/ip_address.h"
#include "mgmt/model/order.h"
#include "pipelines/endpoint_states.h"

namespace weft::mgmt {

struct EndpointStatus {
  EndpointId id;
  IpAddress address;
  uint16_t port = 0;
  std::string host;  // the name it was resolved from; empty: configured as an address
  uint32_t weight = 1;
  EndpointState state = EndpointState::down;
  double new_flows_share = 1;  // of those whose first choice it is; below 1 while it starts slowly
  Instant since;               // of the state
  std::string why;             // of the state: "3 probes in a row failed: connection refused"
  std::string last_probe;      // empty before the first
};

struct ClusterStatus {
  ClusterId id;
  std::string name;
  uint32_t maglev_slots = 0;
  uint32_t previous_tables = 0;
  std::string probed_through;  // a listener's name; empty: endpoints' own addresses are probed
  std::vector<EndpointStatus> endpoints;  // by address and port
  std::string resolve_error;              // of the last look-up of its host names; empty: none
};

struct OrderStatus {
  Order order;
  bool present = false;  // the endpoint is in its cluster's set now, or has flows from before
};

struct ListenerStatus {
  ListenerId id;
  std::string name;
  std::string address;  // as configured: "203.0.113.10:80"
  std::string protocol;
  std::string forward;
  std::string cluster;
  bool ready = false;
  std::string why;  // it is not ready
};

// A gateway of the fleet, as this one hears it.
struct PeerStatus {
  IpAddress address;
  uint16_t port = 0;
  bool heard = false;  // ever
  bool lives = false;  // heard lately
  Instant last_heard;
  uint32_t processes = 0;    // of it, one after another: how often it began
  uint64_t flows_heard = 0;  // each time that it told of one
  uint64_t refused = 0;      // datagrams without a right code, or not well formed
  uint64_t repeated = 0;     // datagrams that were heard before
};

struct FleetStatus {
  uint64_t flows_told = 0;   // at risk here, each time that the peers were told of one
  uint32_t flows_known = 0;  // of peers
  uint32_t flows_known_max = 0;
  uint64_t flows_replaced = 0;     // that went before their time, for others
  uint64_t unknown_endpoints = 0;  // flows that peers told of, on endpoints that are not here
  uint64_t strangers = 0;          // datagrams from addresses of no peer
  std::vector<PeerStatus> peers;   // in the order of the configuration; empty: it has none
};

enum class Phase : uint8_t { starting, serving, withdrawing, draining, stopped };

// The enumerator's own word.
std::string_view phase_name(Phase phase);

// How a reload went that was not refused.
struct Reloaded {
  std::string waits;  // why it is taken later: one sentence; empty: it is taken
};

struct GatewayStatus {
  std::string name;
  Phase phase = Phase::starting;
  Instant started;
  uint64_t snapshot_generation = 0;
  uint32_t policy_generations_live = 0;
  uint32_t config_version = 0;  // 1, then one more with every reload that was taken
  Instant config_since;
  std::string last_reload_error;  // empty: the last reload was taken
  uint32_t probes_in_flight = 0;
  uint32_t probes_max = 0;              // in flight at most; beyond that probes start late
  std::vector<std::string> interfaces;  // names by interface index
  std::vector<ListenerStatus> listeners;
  std::vector<ClusterStatus> clusters;
  std::vector<OrderStatus> orders;  // by cluster, address and port
  uint32_t blackholes = 0;          // prefixes
  FleetStatus fleet;

  // /ready: serving and every listener ready.
  bool ready() const;
};

}  // namespace weft::mgmt
