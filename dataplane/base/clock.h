// Time is an argument: an Instant is nanoseconds on one monotonic axis, and no code of the data
// plane or of mgmt's decisions reads a clock. Worker loops and mgmt/io make Instants
// (CLOCK_MONOTONIC); tests and simulations make them up.
#pragma once

#include <chrono>
#include <cstdint>

namespace weft {

struct MonotonicTime {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicTime>;
  static constexpr bool is_steady = true;  // and no now(): see above
};

using Duration = std::chrono::nanoseconds;
using Instant = std::chrono::time_point<MonotonicTime, Duration>;

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int64_t to_ms(Duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

}  // namespace weft
