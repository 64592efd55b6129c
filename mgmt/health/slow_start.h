// Endpoints that take a growing share of the flows whose first choice they are, because they have
// just become healthy and may be cold. The share grows evenly with time, in EndpointStates's steps.
// A function of (event, now).
// Thread safety: none, one owner. Invariant: an endpoint in it has a share below the whole.
#pragma once

#include <cstdint>
#include <map>

#include "dataplane/base/clock.h"
#include "dataplane/base/ids.h"
#include "mgmt/health/deadline_heap.h"
#include "pipelines/endpoint_states.h"

namespace weft::mgmt {

class SlowStarts {
 public:
  // The endpoint begins with the smallest share, from now on, and has all of it after `duration`.
  // Requires: duration > 0.
  void begin(EndpointSlot slot, Duration duration, Instant now);
  // Nothing when it is not in it.
  void end(EndpointSlot slot);
  // Gives change(slot, share) for every share that has grown.
  template <class Change>
  void poll(Instant now, Change change) {
    while (!steps_.empty() && steps_.earliest() <= now) {
      const EndpointSlot slot{steps_.pop()};
      change(slot, grown(slot, now));
    }
  }
  Instant next_poll() const { return steps_.empty() ? Instant::max() : steps_.earliest(); }

 private:
  struct Start {
    Instant began;
    Duration duration{};
  };

  // The share by now; with the whole the start is over, otherwise the next step is due later.
  uint32_t grown(EndpointSlot slot, Instant now);

  std::map<EndpointSlot, Start> starts_;
  DeadlineHeap steps_;  // by endpoint slot: when its share grows next
};

}  // namespace weft::mgmt
