// What the controller is told of and what it asks for, as plain values: events that carry more than
// a word, and the actions of one poll. Whoever drives the controller (weftd's loop, a simulation, a
// test) carries the actions out and gives the outcomes back as events.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/ids.h"
#include "dataplane/wire/ip_address.h"
#include "mgmt/discovery/resolver.h"
#include "mgmt/model/desired.h"
#include "mgmt/model/model.h"
#include "mgmt/model/status.h"

namespace weft::mgmt {

// ---- actions

struct ProbeRequest {
  EndpointId endpoint;
  uint32_t attempt = 0;  // to be given back with the result
  IpAddress address;
  uint16_t port = 0;                               // to probe: the endpoint's or the health check's
  std::shared_ptr<const HealthSettings> settings;  // with the timeout
};

struct LogRecord {
  enum class Level : uint8_t { info, warning };
  Level level = Level::info;
  Instant at;
  std::string event;     // "endpoint_state", "endpoint_added", "phase", ...; README.md lists them
  std::string listener;  // this and the others: empty when they say nothing
  std::string cluster;
  std::string endpoint;  // "10.0.2.1:8080"
  std::string from;
  std::string to;
  std::string why;
};

struct InterfaceHost {  // an address beside a twin
  uint16_t interface = 0;
  IpAddress address;
  auto operator<=>(const InterfaceHost&) const = default;
};

// What the kernel should do for the gateway; always the whole wish.
struct KernelWishes {
  std::vector<InterfaceHost> answered;  // the twin answers ARP and ND; on-link single addresses
  std::vector<IpPrefix> announced;      // a route each: the addresses of ready listeners
  bool operator==(const KernelWishes&) const = default;
};

struct Actions {
  std::vector<ProbeRequest> probes;            // to start
  std::vector<EndpointId> probes_ended;        // not probed any more: give their connections up
  std::vector<ResolveRequest> look_ups;        // to start
  std::shared_ptr<const Desired> desired;      // to compile and publish; null: nothing new
  uint64_t desired_version = 0;                // to be given back when it is published
  std::vector<LogRecord> log;                  // in the order of events
  std::optional<KernelWishes> kernel;          // absent: as before
  std::vector<InterfaceHost> neighbours;       // to resolve or to confirm now
  std::optional<Phase> phase;                  // absent: as before
  bool refuse_new_flows = false;               // workers take no new flows; stays true
  Instant next_poll = Instant::max();          // at the latest
};

// ---- events

struct ProbeResult {
  EndpointId endpoint;
  uint32_t attempt = 0;
  bool passed = false;
  std::string why;  // it failed: "connection refused"
};

// What the workers hold. Whoever makes it reads the generation first and the rest afterwards, so
// that what no flow refers to then is not referred to later.
struct WorkerReport {
  uint64_t generation = 0;    // every worker reads this snapshot or a newer one
  uint64_t flows_active = 0;  // of all workers and tables
  uint32_t policy_generations_live = 0;
  std::vector<EndpointSlot> endpoints_idle;  // of Controller::leaving(): no flow refers to it
  std::vector<ListenerSlot> listeners_idle;  // likewise
};

// What was removed and waits for its last flow.
struct Leaving {
  std::vector<EndpointSlot> endpoints;
  std::vector<ListenerSlot> listeners;
};

}  // namespace weft::mgmt
