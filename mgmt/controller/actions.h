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
#include "mgmt/discovery/host_names.h"
#include "mgmt/model/desired.h"
#include "mgmt/model/model.h"
#include "mgmt/model/status.h"
#include "mgmt/publish/worker_reports.h"

namespace weft::mgmt {

// ---- actions

struct EndpointProbe {
  EndpointId endpoint;
  uint32_t attempt = 0;  // to be given back with the result
  IpAddress address;
  uint16_t port = 0;  // to probe: the endpoint's or the health check's
  IpAddress source;   // to connect from; unspecified: as the kernel chooses
  IpAddress service;  // whose the probe is, for its Host header: `address`, or the listener's
  std::shared_ptr<const HealthSettings> settings;  // with the timeout
};

struct LogRecord {
  enum class Level : uint8_t { info, warning };
  Level level = Level::info;
  Instant at;
  std::string event;     // "endpoint_state", "config", "phase", ...; README.md lists them
  std::string listener;  // this and the others: empty when they say nothing
  std::string cluster;
  std::string endpoint;  // "10.0.2.1:8080"
  std::string from;
  std::string to;
  std::string why;
};

struct NextHopAddress {  // a neighbour beside a twin
  uint16_t interface = 0;
  IpAddress address;
  auto operator<=>(const NextHopAddress&) const = default;
};

// What the kernel should hold for the gateway, always the whole: the addresses and routes that the
// model says (mgmt/kernel makes a plan of it), and a route for each announced listener.
struct KernelWishes {
  std::shared_ptr<const Model> model;  // the running configuration
  std::vector<std::string> announced;  // names of listeners, ordered
  bool announces(const ListenerSettings& listener) const;
};

struct Actions {
  std::vector<EndpointProbe> probes;  // to start
  std::vector<LookUp> look_ups;       // to start
  // To submit to the publisher, once each and in this order; null: nothing new.
  std::shared_ptr<const Desired> desired;
  uint64_t generation = 0;                 // of the snapshot that it becomes: counts from 1
  std::vector<LogRecord> log;              // in the order of events
  std::optional<KernelWishes> kernel;      // absent: as before
  std::vector<NextHopAddress> neighbours;  // to resolve or to confirm now
  std::optional<Phase> phase;              // absent: as before
  bool refuse_new_flows = false;           // workers take no new flows; stays true
  Instant next_poll = Instant::max();      // at the latest
};

// ---- events

enum class ProbeOutcome : uint8_t {
  passed,
  failed,
  inconclusive,  // the gateway could not probe, which says nothing of the endpoint
};

struct EndpointProbed {
  EndpointId endpoint;
  uint32_t attempt = 0;
  ProbeOutcome outcome = ProbeOutcome::passed;
  std::string why;  // "status 200", "connection refused"
};

// What the workers hold.
struct Holdings {
  const WorkerReports& workers;
  uint64_t flows_active = 0;  // of all workers and tables
  uint32_t policy_generations_live = 0;
};

}  // namespace weft::mgmt
