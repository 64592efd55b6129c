// Which segment is sent next (RFC 9293, 3.8).
#include <algorithm>
#include <array>

#include "dataplane/tcp/connection.h"

namespace weft {
namespace {

constexpr uint32_t timestamps_bytes = 12;

}  // namespace

// Without SACK each duplicate acknowledgment says that one segment has left the network
// (RFC 5681, 3.2).
uint32_t Connection::in_flight_bytes() const {
  const uint32_t outstanding = scoreboard_.outstanding();
  if (duplicates_ == 0) return outstanding;
  return outstanding - std::min(outstanding, uint32_t{duplicates_} * mss_bytes_);
}

uint64_t Connection::unsent_bytes() const {
  const Sequence first = send_unacknowledged_ == initial_ ? initial_ + 1 : send_unacknowledged_;
  if (fin_sent_) return 0;
  if (send_next_ == initial_) return to_send_.size();
  return to_send_.size() - (send_next_ - first);
}

uint32_t Connection::payload_bytes_max() const {
  const uint32_t sack_bytes = reassembly_.empty() && duplicate_.empty() ? 0 : 4 + 3 * 8;
  return mss_bytes_ - (timestamps_ ? timestamps_bytes : 0) - (sack_ ? sack_bytes : 0);
}

std::optional<SegmentOut> Connection::next_segment(Instant now, uint32_t payload_max_bytes) {
  if (reset_waits_) {
    reset_waits_ = false;
    return make_reset();
  }
  if (state_ == TcpState::closed) return std::nullopt;
  const uint32_t one = payload_bytes_max();
  payload_max_bytes = std::max(one, payload_max_bytes / one * one);
  if (auto segment = retransmit_lost(now, payload_max_bytes)) return segment;
  if (!handshake_over()) {
    if (scoreboard_.empty()) return make_syn(now);
  } else {
    if (tail_probe_due_) {
      tail_probe_due_ = false;
      if (auto segment = probe_tail(now)) return segment;
    }
    if (auto segment = send_new(now, payload_max_bytes)) return segment;
    if (auto segment = probe_window(now)) return segment;
  }
  if (!acknowledge_now_ || state_ == TcpState::syn_sent) return std::nullopt;
  return make_segment(send_next_, now);
}

// A segment without payload. Everything but a SYN and a reset begins as one.
SegmentOut Connection::make_segment(Sequence sequence, Instant now) {
  SegmentOut segment;
  segment.sequence = sequence;
  segment.acknowledgment = receive_next_;
  segment.flags = tcp_flag::ack | (echo_marks_ ? tcp_flag::ece : 0);
  segment.window = offer_window(scaling_ ? receive_shift_ : 0);
  segment.cut_bytes = static_cast<uint16_t>(payload_bytes_max());
  OptionWriter options(segment);
  if (timestamps_) options.timestamps(timestamp(now), timestamp_recent_);
  if (sack_ && (!reassembly_.empty() || !duplicate_.empty())) {
    std::array<SequenceRange, 3> blocks;  // what payload_bytes_max() leaves room for
    uint32_t count = 0;
    if (!duplicate_.empty()) blocks[count++] = duplicate_;
    count += reassembly_.blocks(std::span(blocks).subspan(count));
    options.sack(std::span(blocks).first(count));
    duplicate_ = {};
  }
  last_acknowledged_ = receive_next_;
  acknowledge_now_ = false;
  acknowledge_at_ = never;
  unacknowledged_bytes_ = 0;
  return segment;
}

SegmentOut Connection::make_syn(Instant now) {
  if (scoreboard_.empty()) {
    send_next_ = initial_ + 1;
    scoreboard_.push({initial_, send_next_}, now);
    waiting_since_ = now;
  }
  const bool answer = state_ == TcpState::syn_received;
  SegmentOut segment;
  segment.sequence = initial_;
  segment.flags = tcp_flag::syn;
  if (answer) {
    segment.acknowledgment = receive_next_;
    segment.flags |= tcp_flag::ack | (ecn_ ? tcp_flag::ece : 0);
  } else {
    segment.flags |= ecn_ ? tcp_flag::ece | tcp_flag::cwr : 0;
  }
  segment.window = offer_window(0);  // never scaled in a SYN (RFC 7323, 2.2)
  OptionWriter options(segment);
  options.mss(our_mss_bytes_);
  if (scaling_) options.window_scale(receive_shift_);
  if (sack_) options.sack_permitted();
  if (timestamps_) options.timestamps(timestamp(now), answer ? timestamp_recent_ : 0);
  acknowledge_now_ = false;
  arm_retransmission(now);
  return segment;
}

SegmentOut Connection::make_reset() const {
  SegmentOut reset;
  reset.sequence = send_next_;
  reset.acknowledgment = receive_next_;
  reset.flags = tcp_flag::rst | tcp_flag::ack;
  return reset;
}

// A range of what was written, and the FIN if the range reaches behind it.
SegmentOut Connection::make_data(SequenceRange range, Instant now) {
  SegmentOut segment = make_segment(range.begin, now);
  const bool with_fin = fin_sent_ && range.end == send_next_;
  segment.payload_bytes = range.size() - (with_fin ? 1 : 0);
  const Sequence first = send_unacknowledged_ == initial_ ? initial_ + 1 : send_unacknowledged_;
  segment.payload_offset = range.begin - first;
  if (with_fin) segment.flags |= tcp_flag::fin;
  const bool last = segment.payload_offset + segment.payload_bytes == to_send_.size();
  if (last && segment.payload_bytes > 0) segment.flags |= tcp_flag::psh;
  return segment;
}

std::optional<SegmentOut> Connection::retransmit_lost(Instant now, uint32_t payload_max_bytes) {
  if (scoreboard_.lost() == 0) {
    retransmit_first_ = false;
    return std::nullopt;
  }
  congestion_limited_ = true;
  const uint32_t one = payload_bytes_max();
  const uint32_t window = congestion_.window_bytes();
  const uint32_t room = window - std::min(window, in_flight_bytes());
  const uint32_t i = scoreboard_.first_lost();
  if (room < std::min(scoreboard_[i].size(), one) && !retransmit_first_) return std::nullopt;
  return retransmit_range(i, std::clamp(room / one * one, one, payload_max_bytes), now);
}

SegmentOut Connection::retransmit_range(uint32_t i, uint32_t bytes_max, Instant now) {
  if (i == 0) waiting_since_ = now;
  retransmit_first_ = false;
  ++retransmissions_;
  if (scoreboard_[i].begin == initial_) {
    scoreboard_.retransmit(i, now);
    return make_syn(now);
  }
  // A FIN rides along with the last payload.
  const bool with_fin = fin_sent_ && scoreboard_[i].end == send_next_;
  if (scoreboard_[i].size() > bytes_max + (with_fin ? 1 : 0))
    scoreboard_.split(i, scoreboard_[i].begin + bytes_max);
  scoreboard_.retransmit(i, now);
  if (retransmitted_stamp_ == 0) retransmitted_stamp_ = timestamp(now);
  if (recovery_ == Recovery::loss) congestion_.on_sent_in_recovery(scoreboard_[i].size());
  SegmentOut segment = make_data({scoreboard_[i].begin, scoreboard_[i].end}, now);
  if (timer_ != Timer::reordering) arm_retransmission(now);
  return segment;
}

uint32_t Connection::peer_allows_bytes() const {
  const Sequence edge = send_unacknowledged_ + send_window_bytes_;
  return edge > send_next_ ? edge - send_next_ : 0;
}

// What the peer's window and the path's allow of new bytes.
uint32_t Connection::new_bytes_allowed() const {
  const uint32_t window = congestion_.window_bytes();
  return std::min(peer_allows_bytes(), window - std::min(window, in_flight_bytes()));
}

// How many, perhaps 0 for a FIN alone; nothing if it is better to wait.
std::optional<uint32_t> Connection::new_bytes_to_send(uint64_t unsent, uint32_t payload_max_bytes) {
  const uint32_t one = payload_bytes_max();
  const auto bytes =
      static_cast<uint32_t>(std::min<uint64_t>({unsent, payload_max_bytes, new_bytes_allowed()}));
  if (bytes >= one) return bytes == unsent ? bytes : bytes / one * one;
  if (bytes == unsent) {
    const bool waits = settings_->nagle && !scoreboard_.empty() && !fin_wanted_;
    return waits ? std::nullopt : std::optional(bytes);
  }
  // RFC 9293, 3.8.6.2.1: no silly windows; a timer overrides.
  congestion_limited_ = peer_allows_bytes() >= one;
  const bool half = bytes > 0 && bytes >= send_window_max_bytes_ / 2;
  const bool overridden = bytes > 0 && window_probe_due_;
  return half || overridden ? std::optional(bytes) : std::nullopt;
}

std::optional<SegmentOut> Connection::send_new(Instant now, uint32_t payload_max_bytes) {
  const uint64_t unsent = unsent_bytes();
  if (unsent == 0 && !fin_waits()) {
    congestion_limited_ =
        congestion_.in_slow_start() && 2 * in_flight_bytes() >= congestion_.window_bytes();
    return std::nullopt;
  }
  // RFC 5681, 4.1.
  const bool idle =
      scoreboard_.empty() && now - waiting_since_ > round_trip_.timeout(settings_->timeout);
  if (idle) congestion_.restart_after_idle();
  const std::optional<uint32_t> bytes = new_bytes_to_send(unsent, payload_max_bytes);
  const bool with_fin = bytes == unsent && fin_waits() && *bytes < peer_allows_bytes();
  if (!bytes || (*bytes == 0 && !with_fin)) {
    if (timer_ == Timer::none) {
      if (!window_probe_due_) progress_at_ = now;  // from here on the peer has to answer
      arm_retransmission(now);
    }
    return std::nullopt;
  }
  window_probe_due_ = false;
  if (scoreboard_.empty()) waiting_since_ = progress_at_ = now;
  const SequenceRange range{send_next_, send_next_ + *bytes + (with_fin ? 1 : 0)};
  scoreboard_.push(range, now);
  send_next_ = range.end;
  fin_sent_ = with_fin;
  if (recovery_ == Recovery::loss) congestion_.on_sent_in_recovery(range.size());
  SegmentOut segment = make_data(range, now);
  segment.ecn_capable = ecn_;
  if (announce_reduction_ && *bytes > 0) {
    segment.flags |= tcp_flag::cwr;
    announce_reduction_ = false;
  }
  if (timer_ != Timer::reordering) arm_retransmission(now);
  return segment;
}

// RFC 8985, 7.3: new data if there is any, otherwise the last segment once more.
std::optional<SegmentOut> Connection::probe_tail(Instant now) {
  if (scoreboard_.empty() || scoreboard_.back().is(SentRange::State::sacked)) return std::nullopt;
  const uint32_t one = payload_bytes_max();
  const auto unsent =
      static_cast<uint32_t>(std::min<uint64_t>({unsent_bytes(), one, peer_allows_bytes()}));
  tail_probe_out_ = true;
  tail_probe_was_new_ = unsent > 0;
  waiting_since_ = now;
  if (tail_probe_was_new_) {
    const SequenceRange range{send_next_, send_next_ + unsent};
    scoreboard_.push(range, now);
    send_next_ = tail_probe_end_ = range.end;
    arm_retransmission(now);
    return make_data(range, now);
  }
  tail_probe_end_ = send_next_;
  uint32_t last = scoreboard_.count() - 1;
  const uint32_t size = one + (fin_sent_ ? 1 : 0);
  if (scoreboard_[last].size() > size) {
    scoreboard_.split(last, scoreboard_[last].end - size);
    ++last;
  }
  return retransmit_range(last, one, now);
}

// The peer's window is closed, or nothing was heard for long: an old number makes it say where it
// is (RFC 9293, 3.8.6.1 and 3.8.4).
std::optional<SegmentOut> Connection::probe_window(Instant now) {
  const bool due = window_probe_due_ || keepalive_due_;
  window_probe_due_ = keepalive_due_ = false;
  if (!due) return std::nullopt;
  arm_retransmission(now);
  return make_segment(send_unacknowledged_ - 1, now);
}

}  // namespace weft
