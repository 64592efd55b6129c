// A segment arrives. The steps are those of RFC 9293, 3.10.7; RFC 5961 and RFC 7323 change some.
#include <algorithm>
#include <utility>

#include "dataplane/tcp/connection.h"

namespace weft {
namespace {

constexpr Duration challenge_interval = milliseconds(500);
// RFC 7323, 5.5: an idle connection's timestamp is too old to be compared with.
constexpr Duration timestamp_age_max = std::chrono::hours(24 * 24);

}  // namespace

uint8_t Connection::receive(SegmentIn segment, Instant now) {
  if (state_ == TcpState::closed) return tcp_event::answer_reset;
  if (state_ == TcpState::syn_sent) return receive_in_syn_sent(segment, now);
  return receive_synchronized(segment, now);
}

// ---- 3.10.7.3

uint8_t Connection::receive_in_syn_sent(const SegmentIn& segment, Instant now) {
  const bool acknowledges = segment.has(tcp_flag::ack);
  const bool acceptable =
      acknowledges && segment.acknowledgment > initial_ && segment.acknowledgment <= send_next_;
  if (acknowledges && !acceptable) return tcp_event::answer_reset;
  if (segment.has(tcp_flag::rst)) {
    return acceptable ? finish(TcpEnd::refused) : 0;
  }
  if (!segment.has(tcp_flag::syn)) return 0;
  ecn_ = ecn_ && segment.has(tcp_flag::ece) && !segment.has(tcp_flag::cwr);
  negotiate(segment);
  send_window_bytes_ = send_window_max_bytes_ = segment.window;  // never scaled in a SYN
  heard_at_ = now;
  acknowledge_now_ = true;
  if (!acknowledges) {  // both sides began at once
    state_ = TcpState::syn_received;
    if (scoreboard_.outstanding() > 0) scoreboard_.set_lost(0);
    return 0;
  }
  process_acknowledgment(segment, now);
  become_established(now);
  return tcp_event::connected;
}

// What both sides can is done.
void Connection::negotiate(const SegmentIn& syn) {
  const SegmentOptions& options = syn.options;
  timestamps_ = settings_->timestamps && options.has_timestamps;
  sack_ = settings_->selective_acknowledgment && options.sack_permitted;
  scaling_ = settings_->window_scaling && options.has_window_scale;
  send_shift_ = scaling_ ? options.window_scale : 0;
  if (timestamps_) timestamp_recent_ = options.timestamp;
  // RFC 9293, 3.7.1; what is absurdly small would cost a header a few bytes.
  constexpr uint16_t mss_min_bytes = 88;
  if (options.mss_bytes != 0) peer_mss_bytes_ = std::max(options.mss_bytes, mss_min_bytes);
  receive_initial_ = syn.sequence;
  receive_next_ = window_edge_ = last_acknowledged_ = syn.sequence + 1;
  window_mark_ = receive_next_;
  window_update_sequence_ = syn.sequence;
  mss_bytes_ = std::min(peer_mss_bytes_, our_mss_bytes_);
  congestion_.start(mss_bytes_);
}

void Connection::become_established(Instant now) {
  state_ = fin_wanted_ ? TcpState::fin_wait_1 : TcpState::established;
  window_mark_at_ = now;
  window_mark_ = receive_next_ + window_limit_bytes_;
  if (settings_->keepalive_after != Duration{}) {
    idle_at_ = std::min(idle_at_, now + settings_->keepalive_after);
  }
}

// ---- 3.10.7.4

uint8_t Connection::receive_synchronized(SegmentIn& segment, Instant now) {
  // Both sides began at once: the peer's SYN is known, what it acknowledges is not.
  if (state_ == TcpState::syn_received && !passive_ && segment.has(tcp_flag::syn) &&
      segment.sequence == receive_initial_ && segment.acknowledgment == send_next_) {
    acknowledge_now_ = true;
    process_acknowledgment(segment, now);
    become_established(now);
    return tcp_event::connected;
  }
  // First and, as RFC 7323, 5.3 has it, before it: is it of this time and place?
  const bool reset = segment.has(tcp_flag::rst);
  if (timestamps_ && !segment.options.has_timestamps && !reset) return 0;  // RFC 7323, 3.2
  const bool newer = !is_older(segment.options.timestamp, timestamp_recent_) ||
                     now - heard_at_ >= timestamp_age_max;
  const bool old = timestamps_ && !newer && !reset;
  if (old || !acceptable(segment)) return receive_unacceptable(segment, now, old);
  heard_at_ = now;
  keepalives_ = 0;
  // Second. (Third, security, is of another age.)
  if (reset) return receive_reset(segment, now);
  // Fourth: a SYN here is a mistake, or an attack (RFC 5961, 4.2).
  if (segment.has(tcp_flag::syn)) {
    challenge(now);
    return 0;
  }
  // Fifth.
  if (!segment.has(tcp_flag::ack)) return 0;
  if (timestamps_ && newer && segment.sequence <= last_acknowledged_) {
    timestamp_recent_ = segment.options.timestamp;
  }
  uint8_t events = 0;
  if (state_ == TcpState::syn_received) {
    const Sequence number = segment.acknowledgment;
    if (number <= send_unacknowledged_ || number > send_next_) return tcp_event::answer_reset;
    send_window_bytes_ = uint32_t{segment.window} << send_shift_;
    process_acknowledgment(segment, now);
    become_established(now);
    events |= tcp_event::connected;
  } else {
    const Sequence before = send_unacknowledged_;
    if (!take_acknowledgment(segment, now)) return 0;
    if (before < send_unacknowledged_ && can_write()) events |= tcp_event::writable;
  }
  events |= our_fin_was_acknowledged(now);
  if (state_ == TcpState::closed) return events;
  // Sixth: urgent data is ordinary (RFC 6093). Seventh and eighth.
  note_marks(segment);
  return events | take_payload(segment, now);
}

// The table of 3.4, and RFC 7323's reading of it: what reaches into the window is acceptable.
bool Connection::acceptable(const SegmentIn& segment) const {
  const uint32_t length = segment.length();
  const Sequence edge = window_edge_;
  if (length == 0) {
    if (edge == receive_next_) return segment.sequence == receive_next_;
    return receive_next_ <= segment.sequence && segment.sequence < edge;
  }
  if (edge == receive_next_) return false;
  return segment.sequence < edge && segment.sequence + length > receive_next_;
}

// The peer is told where we are: perhaps our acknowledgment was lost, or it asks whether we live.
uint8_t Connection::receive_unacceptable(const SegmentIn& segment, Instant now, bool old) {
  if (segment.has(tcp_flag::rst)) return 0;
  if (state_ == TcpState::syn_received && segment.has(tcp_flag::syn) &&
      segment.sequence == receive_initial_) {  // our answer was lost
    if (scoreboard_.outstanding() > 0) scoreboard_.set_lost(0);
    retransmit_first_ = true;
    return 0;
  }
  if (state_ == TcpState::time_wait && segment.has(tcp_flag::fin)) enter_time_wait(now);
  if (segment.payload.empty()) {
    challenge(now);
  } else {
    acknowledge_now_ = true;
    const Sequence end = segment.sequence + segment.payload.size();
    if (sack_ && end <= receive_next_) duplicate_ = {segment.sequence, end};
  }
  // RFC 7323, 5.3: nothing of it counts.
  if (old) return 0;
  if (!segment.payload.empty()) heard_at_ = now;
  // What it acknowledges and offers is valid though we have no room (RFC 9293, 3.10.7.4).
  const bool next = segment.sequence == receive_next_;
  if (next && segment.has(tcp_flag::ack)) take_acknowledgment(segment, now);
  return 0;
}

// RFC 5961, 3.2.
uint8_t Connection::receive_reset(const SegmentIn& segment, Instant now) {
  if (segment.sequence != receive_next_) {
    challenge(now);
    return 0;
  }
  const bool refused = state_ == TcpState::syn_received && !passive_;
  return finish(refused ? TcpEnd::refused : TcpEnd::reset);
}

// RFC 5961, 7: challenges are limited.
void Connection::challenge(Instant now) {
  if (challenged_at_ != Instant{} && now - challenged_at_ < challenge_interval) return;
  challenged_at_ = now;
  acknowledge_now_ = true;
}

// False: it acknowledges what it cannot (RFC 5961, 5.2), and the segment ends here.
bool Connection::take_acknowledgment(const SegmentIn& segment, Instant now) {
  const Sequence number = segment.acknowledgment;
  const Sequence oldest = send_unacknowledged_ - send_window_max_bytes_;
  if (number > send_next_ || number < oldest) {
    challenge(now);
    return false;
  }
  if (number < send_unacknowledged_) return true;  // an old one; its payload counts
  process_acknowledgment(segment, now);
  return true;
}

void Connection::update_send_window(const SegmentIn& segment) {
  // SND.WL2 is not kept: an older acknowledgment does not come this far.
  if (segment.sequence < window_update_sequence_) return;
  send_window_bytes_ = uint32_t{segment.window} << (segment.has(tcp_flag::syn) ? 0 : send_shift_);
  send_window_max_bytes_ = std::max(send_window_max_bytes_, send_window_bytes_);
  window_update_sequence_ = segment.sequence;
}

uint8_t Connection::our_fin_was_acknowledged(Instant now) {
  if (!fin_sent_ || send_unacknowledged_ != send_next_) return 0;
  switch (state_) {
    case TcpState::fin_wait_1:
      state_ = TcpState::fin_wait_2;
      return 0;
    case TcpState::closing:
      enter_time_wait(now);
      return 0;
    case TcpState::last_ack:
      return finish(TcpEnd::none);
    default:
      return 0;
  }
}

void Connection::enter_time_wait(Instant now) {
  state_ = TcpState::time_wait;
  idle_at_ = now + settings_->time_wait;
  retransmit_at_ = never;
  timer_ = Timer::none;
}

// RFC 3168, 6.1: marks are echoed until the sender says that it heard.
void Connection::note_marks(const SegmentIn& segment) {
  if (!ecn_ || segment.payload.empty()) return;
  if (segment.has(tcp_flag::cwr)) echo_marks_ = false;
  if (segment.congestion_experienced) {
    echo_marks_ = true;
    acknowledge_now_ = true;
  }
}

// Leaves what is new and inside the window of the payload, and notes a FIN behind it.
void Connection::cut_to_window(SegmentIn& segment) {
  Slice& payload = segment.payload;
  if (segment.sequence < receive_next_) {
    const uint32_t known = std::min(payload.size(), receive_next_ - segment.sequence);
    if (sack_ && known > 0) duplicate_ = {segment.sequence, segment.sequence + known};
    payload.drop_front(known);
    segment.sequence += known;
    if (known > 0) acknowledge_now_ = true;
  }
  const Sequence end = segment.sequence + payload.size();
  if (end > window_edge_) return payload.drop_back(end - window_edge_);
  if (!segment.has(tcp_flag::fin)) return;
  fin_seen_ = true;
  fin_at_ = end;
}

uint8_t Connection::take_payload(SegmentIn& segment, Instant now) {
  const bool receiving = state_ == TcpState::established || state_ == TcpState::fin_wait_1 ||
                         state_ == TcpState::fin_wait_2;
  if (!receiving) {
    if (segment.length() > 0) acknowledge_now_ = true;
    return 0;
  }
  cut_to_window(segment);
  const uint32_t bytes = segment.payload.size();
  if (bytes > 0 && not_reading_) {
    abort();
    return tcp_event::closed;
  }
  const Sequence before = receive_next_;
  if (segment.sequence == receive_next_) {
    take_in_order(std::move(segment.payload));
  } else if (bytes > 0) {
    keep_for_later(segment);
  }
  if (bytes > 0) acknowledge_soon(bytes, now);
  const uint8_t events = before < receive_next_ ? tcp_event::readable : 0;
  return events | take_fin(now);
}

void Connection::keep_for_later(SegmentIn& segment) {
  const SequenceRange arrived{segment.sequence, segment.sequence + segment.payload.size()};
  const SequenceRange known = reassembly_.known_part(arrived);
  if (sack_ && !known.empty()) duplicate_ = known;
  const uint64_t pinned_bytes = received_.pinned_bytes() + reassembly_.pinned_bytes();
  const bool room = pinned_bytes < settings_->receive_buffer_max_bytes;
  if (room) reassembly_.insert(segment.sequence, std::move(segment.payload));
  acknowledge_now_ = true;
}

void Connection::take_in_order(Slice payload) {
  if (payload.empty()) return;
  receive_next_ += payload.size();
  received_.append(std::move(payload));
  if (reassembly_.empty()) return;
  receive_next_ += reassembly_.take_from(receive_next_, received_);
  acknowledge_now_ = true;
}

// RFC 5681, 4.2: every second segment at once, others soon.
void Connection::acknowledge_soon(uint32_t bytes, Instant now) {
  unacknowledged_bytes_ += bytes;
  if (quick_acknowledgments_ > 0) {
    --quick_acknowledgments_;
    acknowledge_now_ = true;
  }
  const uint32_t segment_bytes = std::min(our_mss_bytes_, peer_mss_bytes_) - 12u;
  if (unacknowledged_bytes_ >= 2 * segment_bytes) acknowledge_now_ = true;
  if (!acknowledge_now_) acknowledge_at_ = std::min(acknowledge_at_, now + settings_->delayed_ack);
}

uint8_t Connection::take_fin(Instant now) {
  if (!fin_seen_ || fin_received_ || fin_at_ != receive_next_) return 0;
  fin_received_ = true;
  receive_next_ += 1;
  window_edge_ = later(window_edge_, receive_next_);
  acknowledge_now_ = true;
  reassembly_.clear();
  switch (state_) {
    case TcpState::established:
      state_ = TcpState::close_wait;
      break;
    case TcpState::fin_wait_1:
      state_ = TcpState::closing;
      break;
    case TcpState::fin_wait_2:
      enter_time_wait(now);
      break;
    default:
      break;
  }
  return tcp_event::peer_finished;
}

}  // namespace weft
