// The state machine of one endpoint: what probes report, whether it is to drain or is disabled, and
// the state word that follows. A function of (event, now); the table in README.md is the contract.
// Thread safety: none, one owner. Invariant: a checked endpoint is healthy only after a success.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dataplane/base/clock.h"
#include "pipelines/endpoint_states.h"

namespace weft::mgmt {

class EndpointHealth {
 public:
  // checked: the cluster has health checks; without them an endpoint counts as healthy.
  // A new checked endpoint is down, "not probed yet", until its first probe reports.
  EndpointHealth(bool checked, Instant now);
  // A new checked endpoint at an address and port that another cluster already probes in the same
  // way begins with what is known of it there. Requires: known.judged().
  static EndpointHealth as_known(const EndpointHealth& known, std::string_view cluster,
                                 Instant now);

  EndpointState state() const { return state_; }
  Instant since() const { return since_; }  // of the state
  const std::string& why() const { return why_; }
  const std::string& last_probe() const { return last_probe_; }  // what came of it
  // A first probe has reported, or none is needed.
  bool judged() const { return judged_; }
  uint32_t failures_in_a_row() const { return failures_; }

  // Each event says whether it is worth a log record: the state changed, or a first probe failed.
  // why: "status 200", "connection refused". Requires: checked, fall > 0, rise > 0.
  bool on_probe(bool passed, std::string_view why, uint32_t fall, uint32_t rise, Instant now);
  // Health checks were configured or removed by a reload. Turned on, the endpoint keeps its state
  // until probes say otherwise; turned off, it counts as healthy.
  bool on_checked(bool checked, Instant now);
  // why: "weight 0", "removed"; empty: it takes new flows (again).
  bool on_drain(std::string_view why, Instant now);
  // As if it were dead, whatever probes say. why: "disabled by alice"; empty: not (any more).
  bool on_disable(std::string_view why, Instant now);

 private:
  bool conclude(Instant now);

  bool checked_;
  bool judged_;
  bool alive_;                // what probes say
  uint32_t successes_ = 0;    // in a row, while not alive
  uint32_t failures_ = 0;     // in a row, while alive
  std::string alive_why_;     // of alive_
  std::string draining_why_;  // empty: not draining
  std::string disabled_why_;  // empty: not disabled
  std::string last_probe_;
  EndpointState state_;  // follows from alive_, draining_why_ and disabled_why_
  Instant since_;
  std::string why_;
};

}  // namespace weft::mgmt
