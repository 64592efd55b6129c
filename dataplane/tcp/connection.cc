#include "dataplane/tcp/connection.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace weft {
namespace {

static_assert(sizeof(Connection) <= 512, "an idle connection costs little (README.md)");

constexpr uint8_t quick_acknowledgments = 16;
constexpr uint32_t window_field_max = 65535;

// The smallest shift with which the window that we may ever offer fits its field.
uint8_t shift_for(uint32_t window_bytes) {
  const auto bits = static_cast<uint8_t>(std::bit_width(window_bytes / (window_field_max + 1)));
  return std::min(bits, SegmentOptions::window_scale_max);
}

}  // namespace

Connection::Connection(const TcpSettings& settings, const Opening& opening)
    : settings_(&settings),
      initial_(opening.initial),
      send_unacknowledged_(opening.initial),
      send_next_(opening.initial),
      recovery_point_(opening.initial),
      timestamp_offset_(opening.timestamp_offset),
      newest_end_(opening.initial),
      forward_most_(opening.initial),
      duplicates_round_(opening.initial),
      tail_probe_end_(opening.initial),
      window_limit_bytes_(
          std::min(settings.receive_window_start_bytes, settings.receive_buffer_max_bytes / 2)),
      mss_bytes_(SegmentOptions::mss_default_bytes),
      our_mss_bytes_(opening.mss_bytes),
      receive_shift_(shift_for(settings.receive_buffer_max_bytes / 2)),
      quick_acknowledgments_(quick_acknowledgments) {}

Connection Connection::connect(const TcpSettings& settings, const Opening& opening, Instant now) {
  Connection connection(settings, opening);
  connection.state_ = TcpState::syn_sent;
  connection.timestamps_ = settings.timestamps;
  connection.sack_ = settings.selective_acknowledgment;
  connection.scaling_ = settings.window_scaling;
  connection.ecn_ = settings.ecn;
  connection.progress_at_ = connection.heard_at_ = now;
  return connection;
}

Connection Connection::accept(const TcpSettings& settings, const Opening& opening,
                              const SegmentIn& syn, Instant now) {
  Connection connection(settings, opening);
  connection.state_ = TcpState::syn_received;
  connection.passive_ = true;
  connection.ecn_ = settings.ecn && syn.has(tcp_flag::ece) && syn.has(tcp_flag::cwr);
  connection.negotiate(syn);
  connection.send_window_bytes_ = connection.send_window_max_bytes_ = syn.window;
  connection.progress_at_ = connection.heard_at_ = now;
  return connection;
}

uint32_t Connection::timestamp(Instant now) const {
  return static_cast<uint32_t>(to_ms(now.time_since_epoch())) + timestamp_offset_;
}

// ---- the application

bool Connection::can_write() const {
  const bool open = state_ == TcpState::syn_sent || state_ == TcpState::syn_received ||
                    state_ == TcpState::established || state_ == TcpState::close_wait;
  return open && !fin_wanted_;
}

uint64_t Connection::room_bytes() const {
  if (!can_write()) return 0;
  const uint64_t limit =
      std::clamp<uint64_t>(uint64_t{2} * congestion_.window_bytes(),
                           settings_->send_buffer_min_bytes, settings_->send_buffer_max_bytes);
  const uint64_t used = std::max(to_send_.size(), to_send_.pinned_bytes() / 2);
  return limit - std::min(limit, used);
}

void Connection::write(Chain&& bytes) {
  CHECK(can_write());
  to_send_.append(std::move(bytes));
}

Chain Connection::read(uint64_t n, Instant now) {
  Chain bytes = received_.take_front(n);
  window_was_read(now);
  return bytes;
}

void Connection::shut_down() {
  if (!can_write()) return;
  fin_wanted_ = true;
  if (state_ == TcpState::established) state_ = TcpState::fin_wait_1;
  if (state_ == TcpState::close_wait) state_ = TcpState::last_ack;
}

// Bytes that nobody reads are owed a reset (RFC 9293, 3.6.1; RFC 2525, 2.17).
void Connection::close(Instant now) {
  if (state_ == TcpState::closed || state_ == TcpState::time_wait) return;
  if (state_ == TcpState::syn_sent || !received_.empty()) return abort();
  shut_down();
  reassembly_.clear();
  if (!not_reading_) idle_at_ = now + settings_->close_timeout;
  not_reading_ = true;
}

void Connection::abort() {
  if (state_ == TcpState::closed) return;
  // A SYN that nobody answered is owed none, and who waits in TIME-WAIT was told all.
  reset_waits_ = state_ != TcpState::syn_sent && state_ != TcpState::time_wait;
  finish(TcpEnd::aborted);
}

uint8_t Connection::finish(TcpEnd end) {
  state_ = TcpState::closed;
  end_ = end;
  to_send_.clear();
  reassembly_.clear();
  scoreboard_ = {};
  retransmit_at_ = acknowledge_at_ = idle_at_ = never;
  timer_ = Timer::none;
  acknowledge_now_ = false;
  return tcp_event::closed;
}

// ---- time

Instant Connection::deadline() const {
  if (state_ == TcpState::closed) return never;
  return std::min({retransmit_at_, acknowledge_at_, idle_at_});
}

uint8_t Connection::expire(Instant now) {
  if (state_ == TcpState::closed) return 0;
  if (acknowledge_at_ <= now) {
    acknowledge_at_ = never;
    acknowledge_now_ = true;
  }
  if (idle_at_ <= now) {
    if (const uint8_t events = expire_idle(now); events != 0) return events;
  }
  if (retransmit_at_ > now) return 0;
  retransmit_at_ = never;
  return expire_retransmission(now);
}

uint8_t Connection::expire_idle(Instant now) {
  idle_at_ = never;
  if (state_ == TcpState::time_wait) return finish(TcpEnd::none);
  if (not_reading_) {
    abort();
    return tcp_event::closed;
  }
  const Duration after = settings_->keepalive_after;
  if (after == Duration{}) return 0;
  // Data that is out asks already (RFC 9293, 3.8.4), and is given up by itself.
  const Instant idle_since = scoreboard_.empty() ? heard_at_ : now;
  if (idle_since + after > now) {
    idle_at_ = idle_since + after;
    return 0;
  }
  if (keepalives_ == settings_->keepalive_probes_max) {
    reset_waits_ = true;
    return finish(TcpEnd::timed_out);
  }
  ++keepalives_;
  keepalive_due_ = true;
  idle_at_ = now + settings_->keepalive_interval;
  return 0;
}

// For so long the peer did not acknowledge what it had to, nor, with a closed window, answer
// (RFC 9293, 3.8.3 and 3.8.6.1).
bool Connection::nobody_there(Instant now) const {
  const bool closed = handshake_over() && send_window_bytes_ == 0;
  const Instant last = closed ? std::max(heard_at_, progress_at_) : progress_at_;
  return now - last >= settings_->give_up_after;
}

uint8_t Connection::expire_retransmission(Instant now) {
  const Timer timer = std::exchange(timer_, Timer::none);
  switch (timer) {
    case Timer::none:
      return 0;
    case Timer::tail_probe:
      tail_probe_due_ = true;
      return 0;
    case Timer::reordering:
      detect_losses(now);
      arm_retransmission(now);
      return 0;
    case Timer::window_probe:
      if (nobody_there(now)) break;
      round_trip_.back_off();
      window_probe_due_ = true;
      return 0;
    case Timer::retransmission:
      if (nobody_there(now)) break;
      time_out_retransmission(now);
      return 0;
  }
  reset_waits_ = handshake_over();
  return finish(TcpEnd::timed_out);
}

// ---- our window

uint32_t Connection::window_to_offer() const {
  const uint64_t pinned = received_.pinned_bytes() + reassembly_.pinned_bytes();
  const uint32_t limit = settings_->receive_buffer_max_bytes;
  const auto free_bytes = static_cast<uint32_t>(limit - std::min<uint64_t>(limit, pinned)) / 2;
  const uint64_t unread = received_.size();
  const auto below_limit =
      static_cast<uint32_t>(window_limit_bytes_ - std::min<uint64_t>(window_limit_bytes_, unread));
  const uint32_t field_max = window_field_max << (scaling_ ? receive_shift_ : 0);
  return std::min({free_bytes, below_limit, field_max});
}

// The right edge moves on by a segment at least, or half of all there is (RFC 9293, 3.8.6.2.2),
// and never back, but by rounding (RFC 7323, 2.4): rounded up, it would move on with each small
// segment, and never close. What was offered before is taken all the same.
uint16_t Connection::offer_window(uint8_t shift) {
  const uint32_t offered = window_edge_ - receive_next_;
  const uint32_t wanted = std::min(window_to_offer(), window_field_max << shift);
  const uint32_t step = std::min<uint32_t>(our_mss_bytes_, window_limit_bytes_ / 2);
  const uint32_t window = wanted >= offered + step ? wanted : offered;
  const uint32_t units = std::min(window >> shift, window_field_max);
  window_edge_ = later(window_edge_, receive_next_ + (units << shift));
  return static_cast<uint16_t>(units);
}

// More was read: the peer is told when it matters to it. A window that was used up within two
// round trips was too small.
void Connection::window_was_read(Instant now) {
  if (state_ > TcpState::fin_wait_2 || !handshake_over()) return;
  if (receive_next_ >= window_mark_) {
    const bool quick = !round_trip_.known() || now - window_mark_at_ <= 2 * round_trip_.smoothed();
    if (quick) {
      window_limit_bytes_ =
          std::min(window_limit_bytes_ * 2, settings_->receive_buffer_max_bytes / 2);
    }
    window_mark_ = receive_next_ + window_limit_bytes_;
    window_mark_at_ = now;
  }
  const uint32_t offered = window_edge_ - receive_next_;
  const uint32_t wanted = window_to_offer();
  const uint32_t step = std::min(2 * uint32_t{our_mss_bytes_}, window_limit_bytes_ / 2);
  const bool much_more = wanted >= offered + step && wanted >= 2 * offered;
  if (much_more) acknowledge_now_ = true;
}

}  // namespace weft
