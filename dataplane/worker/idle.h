// How a worker that finds nothing to do waits. A function of what the last turn found, so it is
// tested without sleeping.
#pragma once

#include <cstdint>

#include "dataplane/base/clock.h"

namespace weft {

enum class IdleMode : uint8_t {
  poll,      // never sleeps: for dedicated cores
  adaptive,  // short sleeps after empty turns: for shared ones
};

// Adaptive: after empty_turns_max empty turns in a row it sleeps sleep_min, then twice as long each
// time up to sleep_max, until a turn finds a packet.
// So a packet waits at most sleep_max and the kernel's wake-up (about 10 us with the timer slack
// that Worker::run asks for; more when the core is shared). sleep_max is 100 us because the
// smallest receive ring in use, 1024 descriptors, then holds what arrives meanwhile at 10 million
// packets a second, while an idle worker costs a few percent of a core.
class IdlePolicy {
 public:
  static constexpr uint32_t empty_turns_max = 64;
  static constexpr Duration sleep_min = std::chrono::microseconds(10);
  static constexpr Duration sleep_max = std::chrono::microseconds(100);

  explicit IdlePolicy(IdleMode mode) : mode_(mode) {}

  // How long to sleep after a turn; zero: go on.
  Duration after_turn(bool busy);

 private:
  IdleMode mode_;
  uint32_t empty_turns_ = 0;
  Duration next_sleep_ = sleep_min;
};

}  // namespace weft
