// Every decision of one gateway's mgmt, as a function of (event, now): no socket, no thread, no
// clock. weftd's event loop and the simulation drive the same class.
//
// The caller tells it of events and then calls poll, which gives what is to be done; and it polls
// at next_poll when no event came before. `now` never goes back. State words (EndpointStates) are
// written inside the event that decides, before any poll or publish.
// Thread safety: none; EndpointStates is the only thing it shares, and it is its only writer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/result.h"
#include "mgmt/controller/actions.h"
#include "mgmt/controller/identities.h"
#include "mgmt/controller/lifecycle.h"
#include "mgmt/controller/listeners.h"
#include "mgmt/controller/membership.h"
#include "mgmt/controller/next_hops.h"
#include "mgmt/controller/publish_pace.h"
#include "mgmt/discovery/resolver.h"
#include "mgmt/health/probe_schedule.h"
#include "pipelines/endpoint_states.h"

namespace weft::mgmt {

struct ControllerSettings {
  uint64_t random_seed = 0;           // of jitter and backoff
  std::string drawn_hash_seed;        // kept in state_dir; used when the model has none
  uint32_t workers = 1;
  ProbeLimits probes;
  ResolveLimits look_ups;
};

class Controller {
 public:
  // Fails when the model does not fit into the slots there are. Requires: `states` has a slot for
  // every id of `identities`; both outlive the controller.
  static Result<std::unique_ptr<Controller>> start(Model first, ControllerSettings settings,
                                                   EndpointStates& states, Identities& identities,
                                                   Instant now);
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  // A reload, validated: taken as a whole, or refused with nothing changed. While generations_max
  // policy generations live it waits and is taken by the poll after one of them has gone.
  Result<void> on_config(Model model, Instant now);
  // A reload that was refused before it came here; kept for status.
  void on_config_error(std::string error, Instant now);
  void on_probe_result(const ProbeResult& result, Instant now);
  void on_resolved(std::string_view name, uint32_t attempt, const Answer& answer, Instant now);
  void on_kernel(KernelView view, Instant now);
  void on_worker_report(const WorkerReport& report, Instant now);
  // The Desired of this version, or a later one, is what workers read from now on.
  void on_published(uint64_t desired_version, uint64_t generation, Instant now);
  // The first begins the orderly stop, the second ends it at once.
  void on_stop(Instant now);

  Actions poll(Instant now);

  Phase phase() const { return lifecycle_.phase(); }
  Leaving leaving() const;
  GatewayStatus status(Instant now) const;
};

}  // namespace weft::mgmt
