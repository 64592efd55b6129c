#include "dataplane/worker/idle.h"

#include <algorithm>

namespace weft {

Duration IdlePolicy::after_turn(bool busy) {
  if (busy) {
    empty_turns_ = 0;
    next_sleep_ = sleep_min;
    return {};
  }
  if (mode_ == IdleMode::poll || ++empty_turns_ < empty_turns_max) return {};
  empty_turns_ = empty_turns_max;
  const Duration sleep = next_sleep_;
  next_sleep_ = std::min(sleep * 2, sleep_max);
  return sleep;
}

}  // namespace weft
