#include "mgmt/discovery/name_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dataplane/base/check.h"
#include "mgmt/model/usable_address.h"

namespace weft::mgmt {

static Duration times(Duration duration, double factor) {
  return Duration(static_cast<Duration::rep>(static_cast<double>(duration.count()) * factor));
}

std::string ignored(const IpAddress& address) {
  const std::string_view why =
      is_link_local(address) ? "is a link-local address" : unusable(address);
  if (why.empty()) return {};
  return fmt::format("{} {}: no endpoint can be there", address.to_string(), why);
}

void NameWatch::set_interval(Duration interval, Instant now) {
  interval_ = interval;
  if (!in_flight_) next_ = std::min(next_, now + interval);
}

void NameWatch::on_start(uint32_t attempt, const ResolveLimits& limits, Instant now) {
  CHECK(!in_flight_);
  in_flight_ = true;
  attempt_ = attempt;
  next_ = now + limits.timeout;
}

bool NameWatch::on_answer(const Answer& answer, const ResolveLimits& limits, double fraction,
                          Instant now) {
  CHECK(in_flight_);
  in_flight_ = false;
  const std::string problem_before = std::exchange(problem_, {});
  bool changed = false;
  if (answer) {
    changed = on_addresses(*answer, limits);
  } else if (answer.error().retry) {
    ++errors_;
    problem_ = addresses_.empty()
                   ? answer.error().message
                   : fmt::format("{}; its last good addresses stay", answer.error().message);
  } else {
    changed = on_denial(answer.error().message, limits);
  }
  next_ = now + to_next_look_up(limits, fraction);
  return changed || problem_ != problem_before;
}

bool NameWatch::on_addresses(std::vector<IpAddress> addresses, const ResolveLimits& limits) {
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  std::string problem;
  std::erase_if(addresses, [&](const IpAddress& address) {
    const std::string note = ignored(address);
    if (problem.empty()) problem = note;
    return !note.empty();
  });
  if (addresses.empty()) return on_denial(problem.empty() ? "no addresses" : problem, limits);
  errors_ = denials_ = 0;
  problem_ = problem;
  const bool changed = !known_ || addresses != addresses_;
  known_ = true;
  addresses_ = std::move(addresses);
  return changed;
}

bool NameWatch::on_denial(std::string problem, const ResolveLimits& limits) {
  errors_ = 0;
  denials_ = std::min(denials_ + 1, limits.confirmations);
  const bool gone = addresses_.empty() || denials_ >= limits.confirmations;
  problem_ = std::move(problem);
  if (!gone) {
    problem_ += fmt::format(" ({} of {} times in a row until its last good addresses go)", denials_,
                            limits.confirmations);
    return false;
  }
  const bool changed = !known_ || !addresses_.empty();
  known_ = true;
  addresses_.clear();
  return changed;
}

Duration NameWatch::to_next_look_up(const ResolveLimits& limits, double fraction) const {
  if (errors_ == 0) return times(interval_, 1 + limits.jitter * (2 * fraction - 1));
  const uint32_t doublings = std::min(errors_ - 1, 20u);
  const Duration longest = std::min(interval_, limits.backoff_first * (1u << doublings));
  return std::max(limits.backoff_least, times(longest, fraction));
}

}  // namespace weft::mgmt
