// From the first snapshot to the end (ARCHITECTURE.md, decision 2 and the README's table):
//   starting -> serving -> withdrawing -> draining -> stopped
// Thread safety: none. Invariant: phases only go forward.
#pragma once

#include <cstdint>

#include "dataplane/base/clock.h"
#include "mgmt/model/status.h"

namespace weft::mgmt {

struct StopTimes {
  Duration withdraw{};  // new flows are still served
  Duration drain{};     // then flows may end
};

class Lifecycle {
 public:
  Phase phase() const { return phase_; }
  // Workers take no new flows.
  bool refuses_new_flows() const { return phase_ >= Phase::draining; }
  // The next change of phase by time; Instant::max(): none.
  Instant next() const { return next_; }

  void on_published();
  // The first begins the orderly stop, the second ends it.
  void on_stop(StopTimes times, Instant now);
  // Flows of all workers, counted after what is known of the phase reached them.
  void on_flows_active(uint64_t flows);
  void poll(Instant now);

 private:
  Phase phase_ = Phase::starting;
  Instant next_ = Instant::max();
  Duration drain_{};
};

}  // namespace weft::mgmt
