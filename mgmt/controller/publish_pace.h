// When a change is handed to the compiler: the first at once, those that follow together, at the
// latest publish_interval after the one before.
#pragma once

#include <optional>

#include "dataplane/base/clock.h"

namespace weft::mgmt {

inline constexpr Duration publish_interval = milliseconds(50);

class PublishPace {
 public:
  void on_change() { changed_ = true; }
  // When to publish; Instant::max(): nothing changed.
  Instant next() const {
    if (!changed_) return Instant::max();
    return last_ ? *last_ + publish_interval : Instant::min();
  }
  // True: publish now. Counts as done.
  bool poll(Instant now) {
    if (next() > now) return false;
    changed_ = false;
    last_ = now;
    return true;
  }

 private:
  bool changed_ = false;
  std::optional<Instant> last_;
};

}  // namespace weft::mgmt
