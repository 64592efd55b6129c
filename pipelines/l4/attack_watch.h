// Whether more flows begin than a worker shall remember. Under attack a listener that can do
// without entries (tunnel, direct) goes by the hash alone, so that a flood neither fills the tables
// nor costs what an entry costs. It begins with the flow that is too many for its tenth of a second
// and ends after a second in which never more than half as many began. Meanwhile a quarter is still
// remembered: flows without an entry begin anew with each packet, and would keep the attack alive.
// Thread safety: one worker.
#pragma once

#include <algorithm>
#include <cstdint>

#include "dataplane/base/clock.h"

namespace weft {

class AttackWatch {
 public:
  // Once a burst. `new_flows_per_s_max` 0: there is never an attack.
  void advance(uint32_t new_flows_per_s_max, Instant now) {
    window_max_ = new_flows_per_s_max == 0 ? UINT32_MAX : std::max(1u, new_flows_per_s_max / 10);
    if (now - window_start_ >= window) next_window(now);
  }

  // A flow wants to begin. True: it is not to be remembered.
  bool count() {
    under_attack_ = under_attack_ || begun_ >= window_max_;
    const bool over = overrun();
    begun_ += uint32_t{begun_ != UINT32_MAX};
    return over;
  }
  bool under_attack() const { return under_attack_; }
  // Under attack, and the next flow that wants to begin is not to be remembered.
  bool overrun() const { return under_attack_ && begun_ >= window_max_ / 4; }

 private:
  static constexpr Duration window = milliseconds(100);
  static constexpr uint32_t quiet_windows_min = 10;

  void next_window(Instant now) {
    const int64_t windows = (now - window_start_) / window;
    const bool quiet = begun_ <= window_max_ / 2;
    // In those that followed nothing began.
    const int64_t quiet_windows = windows - 1 + (quiet ? int64_t{quiet_windows_} + 1 : 0);
    quiet_windows_ = static_cast<uint32_t>(std::min<int64_t>(quiet_windows, quiet_windows_min));
    if (quiet_windows_ == quiet_windows_min) under_attack_ = false;
    begun_ = 0;
    window_start_ = now;
  }

  uint32_t window_max_ = UINT32_MAX;
  uint32_t begun_ = 0;  // in this window
  uint32_t quiet_windows_ = 0;
  bool under_attack_ = false;
  Instant window_start_{};
};

}  // namespace weft
