#include "dataplane/tcp/round_trip.h"

namespace weft {
namespace {

uint32_t to_us(Duration d) {
  const int64_t us = std::chrono::duration_cast<std::chrono::microseconds>(d).count();
  return static_cast<uint32_t>(std::clamp<int64_t>(us, 1, INT32_MAX));
}

}  // namespace

void RoundTrip::sample(Duration measured, Instant now) {
  const uint32_t us = to_us(measured);
  if (now - minimum_since_ > minimum_window / 2) {
    earlier_minimum_us_ = minimum_us_;
    minimum_us_ = unknown_us;
    minimum_since_ = now;
  }
  minimum_us_ = std::min(minimum_us_, us);
  if (!known()) {  // RFC 6298, 2.2
    smoothed_us_ = us;
    variation_us_ = us / 2;
    return;
  }
  const uint32_t error_us = us > smoothed_us_ ? us - smoothed_us_ : smoothed_us_ - us;
  variation_us_ += static_cast<uint32_t>((int64_t{error_us} - variation_us_) / 4);
  smoothed_us_ += static_cast<uint32_t>((int64_t{us} - smoothed_us_) / 8);
}

Duration RoundTrip::timeout(const Limits& limits) const {
  Duration once = slowly_ ? initial_timeout_after_loss : initial_timeout;
  if (known()) {
    once = std::chrono::microseconds(uint64_t{smoothed_us_} + uint64_t{4} * variation_us_);
  }
  once = std::clamp(once, limits.timeout_min, limits.timeout_max);
  return std::min(once * (1 << backoff_), limits.timeout_max);
}

}  // namespace weft
