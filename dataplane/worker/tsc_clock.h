// CLOCK_MONOTONIC at the price of reading the time stamp counter, for one worker's loop. Never goes
// back. The kernel's clock is disciplined and the counter is not, so keep_up() has to be called now
// and then; it stays within a few microseconds of the kernel's clock when called every second.
// On a processor whose counter stops or changes its rate, now() asks the kernel each time.
// Thread safety: none, each worker has its own.
#pragma once

#include <cstdint>

#include "dataplane/base/clock.h"

namespace weft {

class TscClock {
 public:
  static constexpr Duration keep_up_interval = seconds(1);

  // Takes about 2 ms to measure the counter's rate.
  TscClock();

  Instant now() const { return reliable_ ? at(cycles()) : monotonic_now(); }
  // Compares with the kernel's clock when keep_up_interval has passed; reads no clock otherwise.
  void keep_up(Instant now);

  static uint64_t cycles() { return __builtin_ia32_rdtsc(); }
  // CLOCK_MONOTONIC.
  static Instant monotonic_now();

 private:
  struct Pair {  // both clocks at one moment
    uint64_t cycles;
    Instant time;
  };
  static Pair read_pair();

  __extension__ typedef unsigned __int128 Wide;
  Instant at(uint64_t cycles) const {
    const auto passed = static_cast<Wide>(cycles - base_cycles_) * ns_per_cycle_;
    return base_time_ + Duration(static_cast<int64_t>(passed >> fraction_bits));
  }
  void set_rate(double ns_per_cycle);

  static constexpr int fraction_bits = 40;
  bool reliable_;
  uint64_t base_cycles_ = 0;
  Instant base_time_;
  uint64_t ns_per_cycle_ = 0;  // fixed point, fraction_bits
  Pair measured_{};            // when the rate was last measured
};

}  // namespace weft
