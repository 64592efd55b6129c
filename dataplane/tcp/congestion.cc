#include "dataplane/tcp/congestion.h"

#include <algorithm>
#include <cmath>

namespace weft {
namespace {

// RFC 9438, 4.1 and 4.6.
constexpr float scale = 0.4F;
constexpr float decrease = 0.7F;
constexpr float friendly_increase = 3 * (1 - decrease) / (1 + decrease);
constexpr uint32_t window_segments_min = 2;

float seconds_of(Duration d) {
  return std::chrono::duration<float>(d).count();
}

}  // namespace

void Congestion::start(uint32_t mss_bytes, uint32_t segments) {
  mss_bytes_ = mss_bytes;
  window_bytes_ = segments * mss_bytes;
}

void Congestion::set_mss(uint32_t mss_bytes) {
  const float ratio = static_cast<float>(mss_bytes_) / static_cast<float>(mss_bytes);
  maximum_ *= ratio;
  friendly_ *= ratio;
  mss_bytes_ = mss_bytes;
  window_bytes_ = std::max(window_bytes_, mss_bytes);
}

void Congestion::on_acknowledged(uint32_t bytes, Duration round_trip, Instant now) {
  if (in_slow_start()) {
    window_bytes_ += std::min(bytes, UINT32_MAX / 2 - window_bytes_);
    return;
  }
  grow_by_cubic(bytes, round_trip, now);
}

void Congestion::begin_epoch(Instant now) {
  const float window = static_cast<float>(window_bytes_) / static_cast<float>(mss_bytes_);
  epoch_ = now;
  friendly_ = window;
  maximum_ = std::max(maximum_, window);
  inflection_s_ = std::cbrt((maximum_ - window) / scale);
  fraction_ = 0;
}

void Congestion::grow_by_cubic(uint32_t bytes, Duration round_trip, Instant now) {
  if (epoch_ == Instant{}) begin_epoch(now);
  const auto mss = static_cast<float>(mss_bytes_);
  const float window = static_cast<float>(window_bytes_) / mss;
  const float arrived = static_cast<float>(bytes) / mss;
  // RFC 9438, 4.3: as much as Reno, from where the window was reduced on.
  const bool below_before = friendly_ * mss < static_cast<float>(undo_window_bytes_);
  friendly_ += (below_before ? friendly_increase : 1) * arrived / window;
  // 4.4 and 4.5.
  const float t = seconds_of(now - epoch_ + round_trip) - inflection_s_;
  const float target = std::clamp(scale * t * t * t + maximum_, window, 1.5F * window);
  fraction_ += (target - window) / window * arrived * mss;
  fraction_ = std::max(fraction_, (friendly_ - window) * mss);
  if (fraction_ < 1) return;
  const auto whole = static_cast<uint32_t>(std::min(fraction_, 0.5F * window * mss));
  window_bytes_ += std::min(whole, UINT32_MAX / 2 - window_bytes_);
  fraction_ = 0;
}

void Congestion::remember() {
  undo_window_bytes_ = window_bytes_;
  undo_threshold_bytes_ = threshold_bytes_;
  undo_maximum_ = maximum_;
}

void Congestion::reduce(uint32_t in_flight_bytes) {
  remember();
  const float window = static_cast<float>(window_bytes_) / static_cast<float>(mss_bytes_);
  // RFC 9438, 4.7: who did not reach the last maximum makes room for others.
  maximum_ = window < maximum_ ? window * (1 + decrease) / 2 : window;
  const uint32_t reduced = static_cast<uint32_t>(static_cast<float>(window_bytes_) * decrease);
  threshold_bytes_ = std::max(reduced, window_segments_min * mss_bytes_);
  epoch_ = {};
  recovery_from_bytes_ = std::max(in_flight_bytes, mss_bytes_);
  recovery_delivered_bytes_ = recovery_sent_bytes_ = 0;
}

// RFC 6937, 3.1, with the slow start bound.
void Congestion::on_delivered_in_recovery(uint32_t delivered_bytes, uint32_t in_flight_bytes,
                                          bool progress) {
  recovery_delivered_bytes_ += delivered_bytes;
  uint32_t may_send = 0;
  if (in_flight_bytes > threshold_bytes_) {
    const auto proportional = static_cast<uint32_t>(
        (uint64_t{recovery_delivered_bytes_} * threshold_bytes_ + recovery_from_bytes_ - 1) /
        recovery_from_bytes_);
    may_send = proportional - std::min(proportional, recovery_sent_bytes_);
  } else {
    const uint32_t unsent =
        recovery_delivered_bytes_ - std::min(recovery_delivered_bytes_, recovery_sent_bytes_);
    const uint32_t bound = std::max(unsent, delivered_bytes) + (progress ? mss_bytes_ : 0);
    may_send = std::min(threshold_bytes_ - in_flight_bytes, bound);
  }
  if (recovery_sent_bytes_ == 0) may_send = std::max(may_send, mss_bytes_);  // the first one goes
  window_bytes_ = in_flight_bytes + may_send;
}

void Congestion::time_out(uint32_t in_flight_bytes, bool first) {
  if (first) reduce(in_flight_bytes);
  maximum_ = 0;  // RFC 9438, 4.8: growth begins anew from the threshold, not towards what was
  epoch_ = {};
  window_bytes_ = mss_bytes_;
}

void Congestion::undo() {
  window_bytes_ = std::max(window_bytes_, undo_window_bytes_);
  threshold_bytes_ = undo_threshold_bytes_;
  maximum_ = undo_maximum_;
  epoch_ = {};
}

void Congestion::restart_after_idle() {
  window_bytes_ = std::min(window_bytes_, initial_segments * mss_bytes_);
  epoch_ = {};
}

}  // namespace weft
