// When each endpoint is probed. From start to start of two probes of one endpoint passes the
// interval or, by jitter, less; the first probe of a new endpoint starts at once, and the second
// somewhere within one interval, so that endpoints that appear together do not stay in step.
// A function of (event, now, seed); README.md has the promised detection time.
//
// Invariants: never two probes of one endpoint in flight; at most probes_max in flight, of these at
// most first_probes_max first ones, so that a thousand new endpoints do not delay the watch over
// the old ones. A probe that does not report counts as failed overdue_margin after its timeout.
// Thread safety: none, one owner.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/ids.h"
#include "mgmt/health/deadline_heap.h"

namespace weft::mgmt {

struct ProbeLimits {
  uint32_t probes_max = 1024;       // in flight
  uint32_t first_probes_max = 256;  // of these, first probes of new endpoints
  Duration overdue_margin = milliseconds(200);
  double jitter = 0.1;  // the part of the interval by which a probe may start earlier
};
static_assert(ProbeLimits{}.first_probes_max < ProbeLimits{}.probes_max);

struct ProbeTimes {
  Duration interval{};
  Duration timeout{};
  bool operator==(const ProbeTimes&) const = default;
};

// One attempt to probe the endpoint in a slot; a late report of an older attempt is told apart.
struct ProbeAttempt {
  EndpointSlot endpoint = none<EndpointSlot>;
  uint32_t attempt = 0;
  bool operator==(const ProbeAttempt&) const = default;
};

class ProbeSchedule {
 public:
  ProbeSchedule(ProbeLimits limits, uint64_t seed);

  // Requires: the slot is not in it; interval and timeout above zero.
  void add(EndpointSlot endpoint, ProbeTimes times, Instant now);
  // Other times from the next start on; a shorter interval brings that start nearer.
  // Requires: the slot is in it.
  void change(EndpointSlot endpoint, ProbeTimes times, Instant now);
  // Nothing when it is not in it. A probe in flight is forgotten.
  void remove(EndpointSlot endpoint);
  bool contains(EndpointSlot endpoint) const;

  // The attempt has reported. False: it is not in flight (any more), and its report counts for
  // nothing.
  bool on_report(ProbeAttempt attempt, Instant now);

  // Appends the probes to start now and those that have not reported in time.
  void poll(Instant now, std::vector<ProbeAttempt>& start, std::vector<ProbeAttempt>& overdue);

  // When poll has something to do next; Instant::max(): only after another event.
  Instant next_poll() const;
  uint32_t in_flight() const { return overdue_.size(); }

 private:
  struct Entry {
    ProbeTimes times;
    Instant started;  // of the last probe
    uint32_t attempt = 0;
    bool known = false;
    bool first = false;  // its first probe has not reported
  };

  Entry& entry(EndpointSlot endpoint) { return entries_[index(endpoint)]; }
  void start(uint32_t key, Instant now, std::vector<ProbeAttempt>& out);
  void finish(uint32_t key, Instant now);
  Duration to_next_start(const Entry& entry);

  ProbeLimits limits_;
  std::mt19937_64 random_;
  std::vector<Entry> entries_;  // by endpoint slot
  DeadlineHeap first_;          // new endpoints that wait for their first probe, by arrival
  DeadlineHeap due_;            // by start of the next probe
  DeadlineHeap overdue_;        // in flight, by when to give up
  uint32_t first_in_flight_ = 0;
};

}  // namespace weft::mgmt
