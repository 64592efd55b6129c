#include "dataplane/worker/idle.h"

#include <algorithm>

namespace weft {

Duration IdlePolicy::after_turn(bool busy) {
  if (busy) {
    empty_turns_ = 0;
    slept_ = {};
    return {};
  }
  if (mode_ == IdleMode::poll || ++empty_turns_ < empty_turns_max) return {};
  empty_turns_ = empty_turns_max;
  const Duration sleep = std::clamp(slept_ / silence_per_sleep, sleep_min, sleep_max);
  slept_ += sleep;
  return sleep;
}

}  // namespace weft
