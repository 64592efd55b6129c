// What an acknowledgment says of the path: RACK and tail loss probes (RFC 8985), the retransmission
// timeout (RFC 6298), and what they do to the congestion window.
#include <algorithm>
#include <array>

#include "dataplane/tcp/connection.h"

namespace weft {
namespace {

constexpr uint32_t duplicates_threshold = 3;
constexpr uint8_t reordering_persistence = 16;
constexpr uint8_t reordering_steps_max = 255;
constexpr Duration tail_probe_without_round_trip = seconds(1);
// A peer may delay the acknowledgment of a single segment (RFC 8985, 7.2).
constexpr Duration delayed_acknowledgment_max = milliseconds(200);
constexpr uint8_t black_hole_timeouts = 2;
// Tried one after the other when nothing gets through: of tunnels, IPv6 and IPv4 minima.
constexpr std::array<uint16_t, 3> black_hole_mss_bytes = {1220, 1024, 536};

}  // namespace

void Connection::take_cumulative(const SegmentIn& segment, Delivery& delivery, Instant now) {
  const Sequence number = segment.acknowledgment;
  scoreboard_.acknowledge(number, [&](const SentRange& range) {
    delivery.acknowledged_bytes += range.size();
    note_delivered(range, delivery, now, segment);
  });
  if (delivery.acknowledged_bytes == 0) return;
  const bool syn = send_unacknowledged_ == initial_;
  const bool fin = fin_sent_ && number == send_next_;
  to_send_.drop_front(delivery.acknowledged_bytes - (syn ? 1 : 0) - (fin ? 1 : 0));
  send_unacknowledged_ = number;
  // RFC 6298, 5.7, and RFC 6928, 2: who saw SYNs being lost begins more slowly.
  if (syn && timeouts_ > 0) round_trip_.begin_slowly();
  if (syn && timeouts_ > 1) congestion_.start(mss_bytes_, 1);
  round_trip_.no_backoff();
  timeouts_ = 0;
  progress_at_ = waiting_since_ = now;
}

void Connection::process_acknowledgment(const SegmentIn& segment, Instant now) {
  Delivery delivery;
  const uint32_t lost_before = scoreboard_.lost();
  take_cumulative(segment, delivery, now);
  const bool window_changed = send_window_bytes_ != uint32_t{segment.window} << send_shift_;
  if (!segment.has(tcp_flag::syn)) update_send_window(segment);
  // What was backed off were probes: none of what is sent now was lost.
  if (timer_ == Timer::window_probe && send_window_bytes_ > 0) round_trip_.no_backoff();
  take_selective(segment, delivery, now);
  measure_round_trip(segment, delivery, now);
  if (tail_probe_out_) judge_tail_probe(segment, delivery);
  if (delivery.acknowledged_bytes > 0) {
    if (last_reduction_was_a_mistake(segment)) undo_reduction();
    may_undo_ = false;
  }
  respond_to_marks(segment);
  if (sack_) {
    if (delivery.delivered_bytes > 0 || delivery.duplicate) detect_losses(now);
  } else if (!window_changed || delivery.acknowledged_bytes > 0) {
    detect_losses_without_sack(segment, delivery);
  }
  const bool recovered = recovery_ == Recovery::loss;
  leave_recovery_when_over();
  const bool more_lost = scoreboard_.lost() > lost_before;
  if (recovery_ == Recovery::loss) {
    const bool progress = delivery.acknowledged_bytes > 0 && !more_lost;
    congestion_.on_delivered_in_recovery(delivery.delivered_bytes, in_flight_bytes(), progress);
  } else if (delivery.acknowledged_bytes > 0 && !recovered) {
    grow_window(delivery, now);
  }
  if (delivery.delivered_bytes > 0 || more_lost || !handshake_over() ||
      timer_ == Timer::window_probe || timer_ == Timer::reordering) {
    arm_retransmission(now);
  }
}

void Connection::note_delivered(const SentRange& range, Delivery& delivery, Instant now,
                                const SegmentIn& segment) {
  if (range.is(SentRange::State::sacked)) return;  // known
  delivery.delivered_bytes += range.size();
  if (!range.retransmitted) delivery.first_sent = std::min(delivery.first_sent, range.sent);
  // RFC 8985, 6.2, step 3.
  if (range.end > forward_most_) {
    forward_most_ = range.end;
  } else if (!range.retransmitted) {
    reordering_seen_ = true;
  }
  // Step 2: an acknowledgment of the original says nothing of the retransmission.
  const Duration round_trip = now - range.sent;
  if (range.retransmitted) {
    delivery.again_sent = std::max(delivery.again_sent, range.sent);
    const bool original = timestamps_ && is_older(segment.options.echo, timestamp(range.sent));
    if (original) return;
    if (round_trip_.known() && round_trip < round_trip_.minimum()) return;
  }
  const bool newer =
      range.sent > newest_sent_ || (range.sent == newest_sent_ && range.end > newest_end_);
  if (!newer) return;
  newest_sent_ = range.sent;
  newest_end_ = range.end;
  newest_round_trip_ = round_trip;
}

// RFC 6298, 3: what was sent more than once is no measure (Karn's algorithm), but where the peer's
// timestamp says that the last retransmission is what it answers.
void Connection::measure_round_trip(const SegmentIn& segment, const Delivery& delivery,
                                    Instant now) {
  const Instant again = delivery.again_sent;
  if (again == Instant::min()) {
    if (delivery.first_sent != never) round_trip_.sample(now - delivery.first_sent, now);
  } else if (timestamps_ && !is_older(segment.options.echo, timestamp(again))) {
    round_trip_.sample(now - again, now);
  }
}

void Connection::take_selective(const SegmentIn& segment, Delivery& delivery, Instant now) {
  if (!sack_ || segment.options.sack_count == 0) return;
  note_duplicate(segment, delivery);
  // In order, as each may show that those before it were overtaken.
  std::array<SequenceRange, SegmentOptions::sack_blocks_max> blocks;
  uint32_t count = 0;
  for (const SequenceRange& block : segment.options.sack_blocks()) {
    if (block.begin <= send_unacknowledged_ || block.end > send_next_) continue;
    uint32_t i = count++;
    for (; i > 0 && block.begin < blocks[i - 1].begin; --i) blocks[i] = blocks[i - 1];
    blocks[i] = block;
  }
  for (uint32_t i = 0; i < count; ++i) {
    scoreboard_.acknowledge_selectively(
        blocks[i], [&](const SentRange& range) { note_delivered(range, delivery, now, segment); });
  }
}

// RFC 2883, 4; RFC 8985, 6.2, step 4.
void Connection::note_duplicate(const SegmentIn& segment, Delivery& delivery) {
  const std::span<const SequenceRange> blocks = segment.options.sack_blocks();
  const SequenceRange& first = blocks[0];
  const bool below = first.end <= segment.acknowledgment;
  const bool inside =
      blocks.size() > 1 && blocks[1].begin <= first.begin && first.end <= blocks[1].end;
  if (!below && !inside) return;
  delivery.duplicate = true;
  if (send_unacknowledged_ < duplicates_round_) return;
  duplicates_round_ = send_next_;
  if (reordering_steps_ < reordering_steps_max) ++reordering_steps_;
  reordering_persists_ = reordering_persistence;
}

// RFC 8985, 6.2, step 4.
Duration Connection::reordering_window() const {
  if (!reordering_seen_) {
    const bool sure = scoreboard_.sacked() >= duplicates_threshold * payload_bytes_max();
    if (recovery_ != Recovery::none || sure) return Duration{};
  }
  if (!round_trip_.known()) return Duration{};
  return std::min(reordering_steps_ * round_trip_.minimum() / 4, round_trip_.smoothed());
}

bool Connection::sent_before_newest(const SentRange& range) const {
  return range.sent < newest_sent_ || (range.sent == newest_sent_ && range.end < newest_end_);
}

// Step 5.
void Connection::detect_losses(Instant now) {
  reordering_due_ = never;
  const Duration allowed = newest_round_trip_ + reordering_window();
  bool lost = false;
  Instant due = Instant::min();
  for (uint32_t i = 0; i < scoreboard_.count(); ++i) {
    const SentRange& range = scoreboard_[i];
    if (!range.is(SentRange::State::outstanding) || !sent_before_newest(range)) continue;
    if (range.sent + allowed <= now) {
      scoreboard_.set_lost(i);
      lost = true;
    } else {
      due = std::max(due, range.sent + allowed);
    }
  }
  if (due != Instant::min()) reordering_due_ = due;
  if (lost && recovery_ == Recovery::none) enter_recovery();
}

// RFC 5681, 3.2 and RFC 6582, 3.2.
void Connection::detect_losses_without_sack(const SegmentIn& segment, const Delivery& delivery) {
  const auto lose_first = [&] {
    if (scoreboard_.empty() || !scoreboard_.front().is(SentRange::State::outstanding)) return;
    const uint32_t one = payload_bytes_max();
    if (scoreboard_.front().size() > one) scoreboard_.split(0, scoreboard_.front().begin + one);
    scoreboard_.set_lost(0);
  };
  if (delivery.acknowledged_bytes > 0) {
    const uint32_t segments = (delivery.acknowledged_bytes + mss_bytes_ - 1) / mss_bytes_;
    duplicates_ -= static_cast<uint16_t>(std::min<uint32_t>(duplicates_, segments));
    const bool partial = recovery_ == Recovery::loss && send_unacknowledged_ < recovery_point_;
    if (recovery_ == Recovery::none) duplicates_ = 0;
    if (partial) {
      lose_first();
      retransmit_first_ = true;
    }
    return;
  }
  const bool duplicate = segment.acknowledgment == send_unacknowledged_ && !scoreboard_.empty() &&
                         segment.length() == 0;
  if (!duplicate) return;
  if (duplicates_ < UINT16_MAX) ++duplicates_;
  if (duplicates_ >= duplicates_threshold && recovery_ == Recovery::none &&
      send_unacknowledged_ > recovery_point_) {
    lose_first();
    enter_recovery();
  }
}

void Connection::enter_recovery() {
  recovery_ = Recovery::loss;
  recovery_point_ = send_next_;
  congestion_.reduce(send_next_ - send_unacknowledged_ - scoreboard_.sacked());
  announce_reduction_ = ecn_;
  retransmit_first_ = true;
  retransmitted_stamp_ = 0;
  may_undo_ = timestamps_;
}

// RFC 3168, 6.1.2: once a round trip.
void Connection::respond_to_marks(const SegmentIn& segment) {
  if (!ecn_ || !segment.has(tcp_flag::ece) || segment.has(tcp_flag::syn)) return;
  if (recovery_ != Recovery::none) return;
  recovery_ = Recovery::marks;
  recovery_point_ = send_next_;
  congestion_.reduce(in_flight_bytes());
  congestion_.end_recovery();
  announce_reduction_ = true;
}

void Connection::leave_recovery_when_over() {
  if (recovery_ == Recovery::none || send_unacknowledged_ < recovery_point_) return;
  if (recovery_ == Recovery::loss) congestion_.end_recovery();
  if (recovery_ != Recovery::marks && reordering_persists_ > 0 && --reordering_persists_ == 0) {
    reordering_steps_ = 1;
  }
  recovery_ = Recovery::none;
  duplicates_ = 0;
}

void Connection::grow_window(const Delivery& delivery, Instant now) {
  if (!congestion_limited_ || recovery_ == Recovery::marks) return;
  const Duration round_trip = round_trip_.known() ? round_trip_.smoothed() : Duration{};
  congestion_.on_acknowledged(delivery.acknowledged_bytes, round_trip, now);
}

// RFC 4015, with RFC 3522's test: what is acknowledged left before the first retransmission.
bool Connection::last_reduction_was_a_mistake(const SegmentIn& segment) const {
  return may_undo_ && recovery_ != Recovery::none && retransmitted_stamp_ != 0 &&
         segment.options.echo != 0 && is_older(segment.options.echo, retransmitted_stamp_);
}

void Connection::undo_reduction() {
  for (uint32_t i = 0; i < scoreboard_.count(); ++i) {
    if (scoreboard_[i].is(SentRange::State::lost)) scoreboard_.set_outstanding(i);
  }
  congestion_.undo();
  recovery_ = Recovery::none;
  duplicates_ = 0;
}

// ---- tail loss probes

// RFC 8985, 7.2.
bool Connection::may_probe_tail() const {
  return sack_ && handshake_over() && recovery_ == Recovery::none && scoreboard_.sacked() == 0 &&
         scoreboard_.lost() == 0 && !tail_probe_out_ && timeouts_ == 0;
}

Duration Connection::tail_probe_after() const {
  if (!round_trip_.known()) return tail_probe_without_round_trip;
  const bool single = in_flight_bytes() <= payload_bytes_max();
  return 2 * round_trip_.smoothed() + (single ? delayed_acknowledgment_max : milliseconds(2));
}

// RFC 8985, 7.4.2: a probe that repaired a loss counts as one.
void Connection::judge_tail_probe(const SegmentIn& segment, const Delivery& delivery) {
  if (segment.acknowledgment < tail_probe_end_) return;
  const bool superfluous = tail_probe_was_new_ || delivery.duplicate;
  const bool repaired = !superfluous && segment.acknowledgment > tail_probe_end_;
  const bool plain_duplicate = delivery.acknowledged_bytes == 0 && segment.options.sack_count == 0;
  if (!superfluous && !repaired && !plain_duplicate) return;  // not known yet
  tail_probe_out_ = false;
  if (!repaired) return;
  congestion_.reduce(in_flight_bytes());
  congestion_.end_recovery();
  announce_reduction_ = ecn_;
}

void Connection::arm_retransmission(Instant now) {
  timer_ = Timer::none;
  retransmit_at_ = never;
  if (reordering_due_ != never && !scoreboard_.empty()) {
    timer_ = Timer::reordering;
    retransmit_at_ = reordering_due_;
    return;
  }
  const Duration timeout = round_trip_.timeout(settings_->timeout);
  if (scoreboard_.empty()) {
    const bool waits = handshake_over() && (unsent_bytes() > 0 || fin_waits());
    if (!waits) return;
    timer_ = Timer::window_probe;
    retransmit_at_ = now + timeout;
    return;
  }
  timer_ = Timer::retransmission;
  retransmit_at_ = waiting_since_ + timeout;
  if (!may_probe_tail()) return;
  const Instant probe_at = now + tail_probe_after();
  if (probe_at >= retransmit_at_) return;
  timer_ = Timer::tail_probe;
  retransmit_at_ = probe_at;
}

// ---- the retransmission timeout

void Connection::time_out_retransmission(Instant now) {
  round_trip_.back_off();
  const bool first = recovery_ != Recovery::timeout;
  if (timeouts_ < UINT8_MAX) ++timeouts_;
  if (scoreboard_.empty()) return;
  if (scoreboard_.front().is(SentRange::State::sacked)) scoreboard_.forget_selective();
  const uint32_t in_flight = in_flight_bytes();
  for (uint32_t i = 0; i < scoreboard_.count(); ++i) {
    if (scoreboard_[i].is(SentRange::State::outstanding)) scoreboard_.set_lost(i);
  }
  duplicates_ = 0;
  tail_probe_out_ = tail_probe_due_ = false;
  reordering_due_ = never;
  retransmit_first_ = true;
  waiting_since_ = now;
  if (handshake_over()) {
    if (timeouts_ >= black_hole_timeouts) suspect_black_hole();
    congestion_.time_out(in_flight, first);
    recovery_ = Recovery::timeout;
    recovery_point_ = send_next_;
    announce_reduction_ = ecn_;
    if (first) {
      retransmitted_stamp_ = 0;
      may_undo_ = timestamps_;
    }
  } else {
    ecn_ = ecn_ && timeouts_ < 2;  // RFC 3168, 6.1.1.1: some paths drop such a SYN
  }
  arm_retransmission(now);
}

// ---- path MTU

// RFC 4821, 7.7, without search: large segments vanish, and no ICMP error says why. That small ones
// do as well says nothing.
void Connection::suspect_black_hole() {
  for (const uint16_t smaller : black_hole_mss_bytes) {
    if (smaller >= mss_bytes_) continue;
    if (scoreboard_.front().size() > smaller) set_segment_bytes(smaller);
    return;
  }
}

void Connection::set_segment_bytes(uint32_t mss_bytes) {
  mss_bytes_ = static_cast<uint16_t>(mss_bytes);
  congestion_.set_mss(mss_bytes);
}

void Connection::path_carries(Sequence quoted, uint16_t mss_bytes, Instant now) {
  if (!handshake_over() || state_ == TcpState::time_wait || scoreboard_.empty()) return;
  const bool in_flight = send_unacknowledged_ <= quoted && quoted < send_next_;
  constexpr uint16_t mss_min_bytes = 536 - 40;
  mss_bytes = std::max(mss_bytes, mss_min_bytes);
  if (!in_flight || mss_bytes >= mss_bytes_) return;
  set_segment_bytes(mss_bytes);
  // What was too large is lost, for no fault of the path's: RFC 8899, 3, item 8.
  const uint32_t first = scoreboard_.find(quoted);
  if (scoreboard_[first].begin < quoted) scoreboard_.split(first, quoted);
  for (uint32_t i = 0; i < scoreboard_.count(); ++i) {
    const bool too_large =
        scoreboard_[i].is(SentRange::State::outstanding) && scoreboard_[i].begin >= quoted;
    if (too_large) scoreboard_.set_lost(i);
  }
  retransmit_first_ = true;
  arm_retransmission(now);
}

// ---- for tests

bool Connection::consistent() const {
  if (scoreboard_.empty())
    return in_flight_bytes() == 0 && scoreboard_.lost() == 0 && scoreboard_.sacked() == 0;
  uint32_t sum = 0;
  Sequence next = send_unacknowledged_;
  for (uint32_t i = 0; i < scoreboard_.count(); ++i) {
    if (scoreboard_[i].begin != next || scoreboard_[i].end <= next) return false;
    next = scoreboard_[i].end;
    sum += scoreboard_[i].size();
  }
  return next == send_next_ &&
         sum == scoreboard_.outstanding() + scoreboard_.sacked() + scoreboard_.lost();
}

}  // namespace weft
