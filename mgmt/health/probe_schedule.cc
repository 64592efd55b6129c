#include "mgmt/health/probe_schedule.h"

#include <algorithm>

#include "dataplane/base/check.h"

namespace weft::mgmt {

static Duration times(Duration duration, double factor) {
  return Duration(static_cast<Duration::rep>(static_cast<double>(duration.count()) * factor));
}

ProbeSchedule::ProbeSchedule(ProbeLimits limits, uint64_t seed) : limits_(limits), random_(seed) {
  CHECK(limits.first_probes_max > 0 && limits.first_probes_max <= limits.probes_max);
}

void ProbeSchedule::add(EndpointSlot endpoint, ProbeTimes times, Instant now) {
  CHECK(!contains(endpoint));
  CHECK(times.interval > Duration::zero() && times.timeout > Duration::zero());
  if (index(endpoint) >= entries_.size()) entries_.resize(index(endpoint) + 1);
  Entry& added = entry(endpoint);
  added.times = times;
  added.known = added.first = true;
  first_.set(index(endpoint), now);
}

void ProbeSchedule::change(EndpointSlot endpoint, ProbeTimes times, Instant now) {
  CHECK(contains(endpoint));
  Entry& changed = entry(endpoint);
  if (changed.times == times) return;
  changed.times = times;
  if (!due_.contains(index(endpoint))) return;
  due_.set(index(endpoint), std::max(now, changed.started + to_next_start(changed)));
}

void ProbeSchedule::remove(EndpointSlot endpoint) {
  if (!contains(endpoint)) return;
  const uint32_t key = index(endpoint);
  if (entry(endpoint).first && overdue_.contains(key)) --first_in_flight_;
  first_.erase(key);
  due_.erase(key);
  overdue_.erase(key);
  entry(endpoint).known = false;
}

bool ProbeSchedule::contains(EndpointSlot endpoint) const {
  return index(endpoint) < entries_.size() && entries_[index(endpoint)].known;
}

bool ProbeSchedule::on_report(ProbeAttempt attempt, Instant now) {
  const uint32_t key = index(attempt.endpoint);
  if (!overdue_.contains(key) || entries_[key].attempt != attempt.attempt) return false;
  overdue_.erase(key);
  finish(key, now);
  return true;
}

void ProbeSchedule::poll(Instant now, std::vector<ProbeAttempt>& starts,
                         std::vector<ProbeAttempt>& overdue) {
  while (!overdue_.empty() && overdue_.earliest() <= now) {
    const uint32_t key = overdue_.pop();
    overdue.push_back({EndpointSlot{key}, entries_[key].attempt});
    finish(key, now);
  }
  while (!due_.empty() && due_.earliest() <= now && in_flight() < limits_.probes_max) {
    start(due_.pop(), now, starts);
  }
  while (!first_.empty() && in_flight() < limits_.probes_max &&
         first_in_flight_ < limits_.first_probes_max) {
    ++first_in_flight_;
    start(first_.pop(), now, starts);
  }
}

void ProbeSchedule::start(uint32_t key, Instant now, std::vector<ProbeAttempt>& starts) {
  Entry& started = entries_[key];
  started.started = now;
  ++started.attempt;
  overdue_.set(key, now + started.times.timeout + limits_.overdue_margin);
  starts.push_back({EndpointSlot{key}, started.attempt});
}

void ProbeSchedule::finish(uint32_t key, Instant now) {
  Entry& finished = entries_[key];
  Duration until_next = to_next_start(finished);
  if (finished.first) {
    --first_in_flight_;
    finished.first = false;
    until_next = times(finished.times.interval, std::generate_canonical<double, 53>(random_));
  }
  due_.set(key, std::max(now, finished.started + until_next));
}

Duration ProbeSchedule::to_next_start(const Entry& entry) {
  const double earlier = std::generate_canonical<double, 53>(random_);
  return times(entry.times.interval, 1 - limits_.jitter * earlier);
}

Instant ProbeSchedule::next_poll() const {
  Instant next = Instant::max();
  if (!overdue_.empty()) next = std::min(next, overdue_.earliest());
  if (in_flight() >= limits_.probes_max) return next;
  if (!due_.empty()) next = std::min(next, due_.earliest());
  if (!first_.empty() && first_in_flight_ < limits_.first_probes_max) {
    next = std::min(next, first_.earliest());
  }
  return next;
}

}  // namespace weft::mgmt
