// How much a connection may have in flight: CUBIC (RFC 9438), in bytes, and during recovery
// proportional rate reduction (RFC 6937). Thread safety: one worker.
#pragma once

#include <cstdint>

#include "dataplane/base/clock.h"

namespace weft {

class Congestion {
 public:
  static constexpr uint32_t initial_segments = 10;  // RFC 6928

  // Requires, of all that follow: mss_bytes > 0.
  void start(uint32_t mss_bytes, uint32_t segments = initial_segments);
  // The path carries less, or more, than was thought.
  void set_mss(uint32_t mss_bytes);

  uint32_t window_bytes() const { return window_bytes_; }
  uint32_t slow_start_threshold_bytes() const { return threshold_bytes_; }
  bool in_slow_start() const { return window_bytes_ < threshold_bytes_; }

  // So many bytes more have arrived while nothing was being recovered and the window was what held
  // the sender back. `round_trip`: smoothed.
  void on_acknowledged(uint32_t bytes, Duration round_trip, Instant now);

  // The path is congested: a segment was lost, or marked. The window becomes smaller, once a round
  // trip, which is the caller's to know.
  void reduce(uint32_t in_flight_bytes);
  // A retransmission timeout: the window is one segment. `first`: not one in a row (RFC 5681, 3.1).
  void time_out(uint32_t in_flight_bytes, bool first);
  // The last reduction or timeout was a mistake (RFC 4015).
  void undo();
  // Nothing was sent for longer than a timeout (RFC 5681, 4.1).
  void restart_after_idle();

  // ---- recovery, between reduce() and end_recovery()
  // So many bytes have arrived, in order or not, with so many still in flight.
  void on_delivered_in_recovery(uint32_t delivered_bytes, uint32_t in_flight_bytes, bool progress);
  void on_sent_in_recovery(uint32_t bytes) { recovery_sent_bytes_ += bytes; }
  void end_recovery() { window_bytes_ = threshold_bytes_; }

 private:
  void remember();
  void begin_epoch(Instant now);
  void grow_by_cubic(uint32_t bytes, Duration round_trip, Instant now);

  uint32_t window_bytes_ = 0;
  uint32_t threshold_bytes_ = UINT32_MAX;
  uint32_t mss_bytes_ = 0;

  // CUBIC, in segments and seconds as in the RFC.
  float maximum_ = 0;       // W_max
  float friendly_ = 0;      // W_est
  float inflection_s_ = 0;  // K
  float fraction_ = 0;      // bytes by which the window should have grown, not yet a whole one
  Instant epoch_{};         // none: a new one begins with the next acknowledgment

  // PRR.
  uint32_t recovery_from_bytes_ = 0;  // in flight when it began
  uint32_t recovery_delivered_bytes_ = 0;
  uint32_t recovery_sent_bytes_ = 0;

  // Before the last reduction.
  uint32_t undo_window_bytes_ = 0;
  uint32_t undo_threshold_bytes_ = 0;
  float undo_maximum_ = 0;
};

}  // namespace weft
