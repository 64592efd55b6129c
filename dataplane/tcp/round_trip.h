// Round-trip times of one connection and the retransmission timeout (RFC 6298), and their minimum
// over the last minutes (RFC 8985, 6.2). Thread safety: one worker.
#pragma once

#include <algorithm>
#include <cstdint>

#include "dataplane/base/clock.h"

namespace weft {

class RoundTrip {
 public:
  static constexpr Duration initial_timeout = seconds(1);             // RFC 6298, 2.1
  static constexpr Duration initial_timeout_after_loss = seconds(3);  // RFC 6298, 5.7
  static constexpr Duration minimum_window = std::chrono::minutes(5);

  struct Limits {
    Duration timeout_min = milliseconds(200);
    Duration timeout_max = seconds(60);  // RFC 6298, 2.5: at least 60 s
  };

  void sample(Duration measured, Instant now);

  bool known() const { return smoothed_us_ != 0; }
  // Requires: known(), both.
  Duration smoothed() const { return std::chrono::microseconds(smoothed_us_); }
  Duration minimum() const {
    return std::chrono::microseconds(std::min(minimum_us_, earlier_minimum_us_));
  }

  // With backoff.
  Duration timeout(const Limits& limits) const;
  // A timeout passed: the next one is twice as long.
  void back_off() { backoff_ = std::min<uint8_t>(backoff_ + 1, backoff_max); }
  // New data was acknowledged.
  void no_backoff() { backoff_ = 0; }
  // A SYN was lost.
  void begin_slowly() { slowly_ = true; }

 private:
  static constexpr uint8_t backoff_max = 16;
  static constexpr uint32_t unknown_us = UINT32_MAX;

  uint32_t smoothed_us_ = 0;
  uint32_t variation_us_ = 0;
  uint32_t minimum_us_ = unknown_us;          // since `minimum_since_`
  uint32_t earlier_minimum_us_ = unknown_us;  // of half a window before it
  Instant minimum_since_{};
  uint8_t backoff_ = 0;
  bool slowly_ = false;
};

}  // namespace weft
