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

// Adaptive: after empty_turns_max empty turns in a row it naps after each, for an eighth of what it
// has slept since the last packet, at least sleep_min, at most sleep_max.
// So a packet waits at most an eighth of the silence before it (or sleep_min), never more than
// sleep_max, and the kernel's wake-up besides: tens of microseconds with the timer slack that
// Worker::run asks for, more when the core is shared. sleep_max is 500 us because the smallest
// receive ring in use, 1024 descriptors, then holds what arrives meanwhile at two million packets a
// second, and because a nap itself costs up to 30 us of processor time (measured under a
// hypervisor): an idle worker costs about a twentieth of a core there. Hosts that go from silence
// to more than that within half a millisecond poll.
class IdlePolicy {
 public:
  static constexpr uint32_t empty_turns_max = 64;
  static constexpr Duration sleep_min = std::chrono::microseconds(10);
  static constexpr Duration sleep_max = std::chrono::microseconds(500);
  static constexpr int silence_per_sleep = 8;

  explicit IdlePolicy(IdleMode mode) : mode_(mode) {}

  // How long to sleep after a turn; zero: go on.
  Duration after_turn(bool busy);

 private:
  IdleMode mode_;
  uint32_t empty_turns_ = 0;
  Duration slept_{};  // since the last packet
};

}  // namespace weft
