// The largest duration recorded lately: over the window that runs and the one before it, so over
// one to two windows. A function of (value, now).
#pragma once

#include <algorithm>

#include "dataplane/base/clock.h"

namespace weft::mgmt {

class WindowMax {
 public:
  explicit WindowMax(Duration window) : window_(window) {}

  // Requires: now does not go back.
  void record(Duration value, Instant now) {
    turn(now);
    current_ = std::max(current_, value);
  }
  Duration max(Instant now) const {
    if (now - begin_ >= 2 * window_) return Duration::zero();
    if (now - begin_ >= window_) return current_;
    return std::max(current_, previous_);
  }

 private:
  void turn(Instant now) {
    if (now - begin_ < window_) return;
    previous_ = now - begin_ < 2 * window_ ? current_ : Duration::zero();
    current_ = Duration::zero();
    begin_ = now;
  }

  Duration window_;
  Instant begin_{};
  Duration current_{};
  Duration previous_{};
};

}  // namespace weft::mgmt
