#include "mgmt/controller/lifecycle.h"

namespace weft::mgmt {

void Lifecycle::on_published() {
  if (phase_ == Phase::starting) phase_ = Phase::serving;
}

void Lifecycle::on_stop(StopTimes times, Instant now) {
  if (phase_ >= Phase::withdrawing) {
    phase_ = Phase::stopped;
    next_ = Instant::max();
    return;
  }
  phase_ = Phase::withdrawing;
  next_ = now + times.withdraw;
  drain_ = times.drain;
  poll(now);
}

void Lifecycle::on_flows_active(uint64_t flows) {
  if (phase_ != Phase::draining || flows > 0) return;
  phase_ = Phase::stopped;
  next_ = Instant::max();
}

void Lifecycle::poll(Instant now) {
  if (phase_ == Phase::withdrawing && now >= next_) {
    phase_ = Phase::draining;
    next_ += drain_;
  }
  if (phase_ == Phase::draining && now >= next_) {
    phase_ = Phase::stopped;
    next_ = Instant::max();
  }
}

}  // namespace weft::mgmt
