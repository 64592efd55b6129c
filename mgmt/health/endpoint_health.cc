#include "mgmt/health/endpoint_health.h"

#include <fmt/format.h>

#include "dataplane/base/check.h"

namespace weft::mgmt {

static constexpr std::string_view unchecked_why = "no health check";

static std::string in_a_row(uint32_t count, std::string_view outcome) {
  return count == 1 ? fmt::format("1 probe {}", outcome)
                    : fmt::format("{} probes in a row {}", count, outcome);
}

EndpointHealth::EndpointHealth(bool checked, Instant now)
    : checked_(checked),
      judged_(!checked),
      alive_(!checked),
      alive_why_(checked ? "not probed yet" : unchecked_why),
      state_(checked ? EndpointState::down : EndpointState::healthy),
      since_(now),
      why_(alive_why_) {}

EndpointHealth EndpointHealth::as_known(const EndpointHealth& known, std::string_view cluster,
                                        Instant now) {
  CHECK(known.judged_);
  EndpointHealth health(true, now);
  health.judged_ = true;
  health.alive_ = known.alive_;
  health.alive_why_ = fmt::format("{} in cluster {}", known.alive_ ? "healthy" : "down", cluster);
  health.last_probe_ = known.last_probe_;
  health.state_ = known.alive_ ? EndpointState::healthy : EndpointState::down;
  health.why_ = health.alive_why_;
  return health;
}

bool EndpointHealth::on_probe(bool passed, std::string_view why, uint32_t fall, uint32_t rise,
                              Instant now) {
  CHECK(checked_ && fall > 0 && rise > 0);
  const bool first = !judged_;
  judged_ = true;
  last_probe_ = why;
  if (alive_) {
    failures_ = passed ? 0 : failures_ + 1;
    if (failures_ < fall) return false;
    alive_ = false;
    alive_why_ = fmt::format("{}: {}", in_a_row(failures_, "failed"), why);
    failures_ = 0;
    return conclude(now);
  }
  successes_ = passed ? successes_ + 1 : 0;
  if (first && !passed) {
    alive_why_ = fmt::format("first probe failed: {}", why);
    conclude(now);
    return true;
  }
  if (!first && successes_ < rise) return false;
  alive_ = true;
  alive_why_ = first ? "first probe passed" : in_a_row(successes_, "passed");
  successes_ = 0;
  return conclude(now);
}

bool EndpointHealth::on_checked(bool checked, Instant now) {
  if (checked == checked_) return false;
  checked_ = checked;
  judged_ = true;
  failures_ = successes_ = 0;
  if (!checked) {
    alive_ = true;
    alive_why_ = unchecked_why;
    last_probe_.clear();
  }
  return conclude(now);
}

bool EndpointHealth::on_drain(std::string_view why, Instant now) {
  draining_why_ = why;
  return conclude(now);
}

bool EndpointHealth::on_disable(std::string_view why, Instant now) {
  disabled_why_ = why;
  return conclude(now);
}

bool EndpointHealth::conclude(Instant now) {
  const bool disabled = !disabled_why_.empty();
  const bool draining = !draining_why_.empty();
  const EndpointState state = !alive_ || disabled ? EndpointState::down
                              : draining          ? EndpointState::draining
                                                  : EndpointState::healthy;
  why_ = disabled ? disabled_why_ : alive_ && draining ? draining_why_ : alive_why_;
  if (state == state_) return false;
  state_ = state;
  since_ = now;
  return true;
}

}  // namespace weft::mgmt
