// The age of flows in 9 bits. Each state counts time in its own ticks, 128 to its timeout, so that
// an age fits in 9 bits whatever the timeout and a changed timeout scales the ages of old flows
// instead of ending them. A flow is expired when more than 128 ticks have passed since its last
// packet; a sweep must see every flow within 511 ticks, which is almost four timeouts.
// Thread safety: one worker.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/base/clock.h"
#include "dataplane/table/flow_timeouts.h"

namespace weft {

// TCP unless udp. A flow's first state is not free.
enum class FlowState : uint8_t { free = 0, half_open = 1, established = 2, closing = 3, udp = 4 };

class FlowClock {
 public:
  static constexpr uint32_t tick_bits = 9;
  static constexpr uint32_t ticks_mask = (1u << tick_bits) - 1;
  static constexpr uint32_t timeout_ticks = 128;

  FlowClock(const FlowTimeouts& timeouts, Instant now);

  // Once a burst. Time that runs backwards is taken as standing still. True when it moved on, at
  // most once a millisecond.
  bool advance(const FlowTimeouts& timeouts, Instant now) {
    if (now - last_ < resolution) return false;
    move_on(timeouts, now);
    return true;
  }
  uint32_t tick(FlowState state) const { return ticks_[static_cast<std::size_t>(state)]; }
  // In ticks of the state: 0 to 511.
  uint32_t age(FlowState state, uint32_t tick_of_last_packet) const {
    return (tick(state) - tick_of_last_packet) & ticks_mask;
  }
  bool expired(FlowState state, uint32_t tick_of_last_packet) const {
    return age(state, tick_of_last_packet) > timeout_ticks;
  }
  // The time in which a sweep sees every flow once: the shortest timeout.
  Duration sweep_period() const { return sweep_period_; }

 private:
  static constexpr Duration resolution = milliseconds(1);

  void move_on(const FlowTimeouts& timeouts, Instant now);

  Instant last_;
  Duration sweep_period_{};
  std::array<double, 5> exact_ticks_{};
  std::array<uint32_t, 5> ticks_{};
};

}  // namespace weft
