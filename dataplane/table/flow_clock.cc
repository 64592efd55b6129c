#include "dataplane/table/flow_clock.h"

#include <algorithm>
#include <cmath>

namespace weft {

static std::array<Duration, 5> by_state(const FlowTimeouts& timeouts) {
  return {flow_timeout_min, timeouts.half_open, timeouts.established, timeouts.closing,
          timeouts.udp};
}

static Duration shortest(const FlowTimeouts& timeouts) {
  const auto all = by_state(timeouts);
  return *std::min_element(all.begin() + 1, all.end());
}

FlowClock::FlowClock(const FlowTimeouts& timeouts, Instant now)
    : last_(now), sweep_period_(shortest(timeouts)) {}

void FlowClock::move_on(const FlowTimeouts& timeouts, Instant now) {
  const auto elapsed_ns = static_cast<double>((now - last_).count());
  const auto timeout = by_state(timeouts);
  // Reduced modulo the wrap, so that the sum keeps its precision for years.
  for (std::size_t state = 1; state < timeout.size(); ++state) {
    const double step = elapsed_ns * timeout_ticks / static_cast<double>(timeout[state].count());
    exact_ticks_[state] = std::fmod(exact_ticks_[state] + step, ticks_mask + 1);
    ticks_[state] = static_cast<uint32_t>(exact_ticks_[state]) & ticks_mask;
  }
  last_ = now;
  sweep_period_ = shortest(timeouts);
}

}  // namespace weft
