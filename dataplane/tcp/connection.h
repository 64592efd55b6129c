// One TCP connection: segments and instants go in, segments come out (README.md). RFC 9293 and
// what it names. Thread safety: one worker.
//
// After each call of receive(), expire(), write(), read(), shut_down(), close() or abort() the
// caller asks next_segment() until there is none (perhaps once for several calls), and looks at
// deadline() again.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/clock.h"
#include "dataplane/bytes/chain.h"
#include "dataplane/tcp/congestion.h"
#include "dataplane/tcp/reassembly.h"
#include "dataplane/tcp/round_trip.h"
#include "dataplane/tcp/scoreboard.h"
#include "dataplane/tcp/segment.h"
#include "dataplane/tcp/sequence.h"
#include "dataplane/tcp/settings.h"

namespace weft {

enum class TcpState : uint8_t {
  closed,
  syn_sent,
  syn_received,
  established,
  fin_wait_1,
  fin_wait_2,
  close_wait,
  closing,
  last_ack,
  time_wait,
};

// Why a connection is closed.
enum class TcpEnd : uint8_t {
  none,       // it is not, or both sides finished
  refused,    // a reset answered our SYN
  reset,      // by the peer
  timed_out,  // nobody acknowledged, or answered probes
  aborted,    // by our application, or because it closed with data to come
};

// What a call changed, for the application. Bits.
namespace tcp_event {
inline constexpr uint8_t connected = 1;      // both SYNs are acknowledged
inline constexpr uint8_t readable = 2;       // there is more to read
inline constexpr uint8_t peer_finished = 4;  // all that the peer sends is there
inline constexpr uint8_t writable = 8;       // there is more room to write
inline constexpr uint8_t closed = 16;        // the connection is at its end: end() says why
inline constexpr uint8_t answer_reset = 32;  // the segment is owed reset_for(segment)
}  // namespace tcp_event

class Connection {
 public:
  static constexpr Instant never = Instant::max();

  // What is this connection's own from the start.
  struct Opening {
    Sequence initial;                                        // RFC 6528
    uint32_t timestamp_offset = 0;                           // added to a clock of milliseconds
    uint16_t mss_bytes = SegmentOptions::mss_default_bytes;  // that our side of the path takes
  };

  // Begins with a SYN of ours.
  static Connection connect(const TcpSettings& settings, const Opening& opening, Instant now);
  // Answers a SYN. Requires: it has SYN and neither ACK nor RST.
  static Connection accept(const TcpSettings& settings, const Opening& opening,
                           const SegmentIn& syn, Instant now);

  // ---- segments and time
  uint8_t receive(SegmentIn segment, Instant now);
  // What may be sent now: with more than one segment's payload if `payload_max_bytes` allows it.
  std::optional<SegmentOut> next_segment(Instant now, uint32_t payload_max_bytes = 0);
  // The payload of a segment that was just given.
  const Chain& to_send() const { return to_send_; }
  // The earliest instant at which expire() has something to do; it may be called earlier.
  Instant deadline() const;
  uint8_t expire(Instant now);
  // An ICMP error says that a segment that began with this number was too large for the path
  // (RFC 9293, 3.9.2.2; RFC 5927, 4: believed only for what is in flight).
  void path_carries(Sequence quoted, uint16_t mss_bytes, Instant now);

  // ---- the application
  // How much more may be written now; 0 after shut_down().
  uint64_t room_bytes() const;
  // Appends to what is sent. Requires: can_write().
  void write(Chain&& bytes);
  bool can_write() const;
  // What has come in order and was not yet read.
  const Chain& received() const { return received_; }
  // Takes the first n bytes of it, which opens the window. Requires: n <= received().size().
  Chain read(uint64_t n, Instant now);
  // Nothing is written any more: a FIN goes out after what was.
  void shut_down();
  // As well as shut_down(), nothing is read any more: what comes is answered with a reset.
  void close(Instant now);
  // A reset goes out, and the connection is closed.
  void abort();

  TcpState state() const { return state_; }
  TcpEnd end() const { return end_; }
  bool peer_finished() const { return fin_received_; }
  // All that was written, and the FIN if there is one, is acknowledged.
  bool all_acknowledged() const {
    return scoreboard_.empty() && unsent_bytes() == 0 && !fin_waits();
  }
  Sequence send_unacknowledged() const { return send_unacknowledged_; }
  Sequence send_next() const { return send_next_; }
  Sequence receive_next() const { return receive_next_; }
  const RoundTrip& round_trip() const { return round_trip_; }
  const Congestion& congestion() const { return congestion_; }
  const Scoreboard& scoreboard() const { return scoreboard_; }
  uint32_t segment_bytes() const { return mss_bytes_; }
  uint32_t peer_window_bytes() const { return send_window_bytes_; }
  uint32_t retransmissions() const { return retransmissions_; }
  bool knows_timestamps() const { return timestamps_; }
  uint32_t timestamp_recent() const { return timestamp_recent_; }
  uint32_t timestamp(Instant now) const;

  // Whether the invariants of README.md hold, for tests.
  bool consistent() const;

 private:
  enum class Recovery : uint8_t { none, marks, loss, timeout };
  enum class Timer : uint8_t { none, retransmission, tail_probe, reordering, window_probe };

  Connection(const TcpSettings& settings, const Opening& opening);

  uint8_t expire_idle(Instant now);
  uint8_t expire_retransmission(Instant now);
  bool nobody_there(Instant now) const;

  // ---- ingress.cc
  uint8_t receive_in_syn_sent(const SegmentIn& segment, Instant now);
  uint8_t receive_synchronized(SegmentIn& segment, Instant now);
  bool acceptable(const SegmentIn& segment) const;
  uint8_t receive_unacceptable(const SegmentIn& segment, Instant now, bool old);
  uint8_t receive_reset(const SegmentIn& segment, Instant now);
  bool take_acknowledgment(const SegmentIn& segment, Instant now);
  void update_send_window(const SegmentIn& segment);
  uint8_t our_fin_was_acknowledged(Instant now);
  uint8_t take_payload(SegmentIn& segment, Instant now);
  void cut_to_window(SegmentIn& segment);
  void take_in_order(Slice payload);
  void keep_for_later(SegmentIn& segment);
  uint8_t take_fin(Instant now);
  void note_marks(const SegmentIn& segment);
  void negotiate(const SegmentIn& syn);
  void become_established(Instant now);
  void acknowledge_soon(uint32_t bytes, Instant now);
  void challenge(Instant now);
  void enter_time_wait(Instant now);
  uint8_t finish(TcpEnd end);

  // ---- loss_recovery.cc
  struct Delivery {
    uint32_t acknowledged_bytes = 0;
    uint32_t delivered_bytes = 0;         // selectively as well
    Instant first_sent = never;           // of what was sent once
    Instant again_sent = Instant::min();  // the last retransmission of what is acknowledged
    bool duplicate = false;               // of what was sent, by DSACK (RFC 2883)
  };
  void process_acknowledgment(const SegmentIn& segment, Instant now);
  void take_cumulative(const SegmentIn& segment, Delivery& delivery, Instant now);
  void note_delivered(const SentRange& range, Delivery& delivery, Instant now,
                      const SegmentIn& segment);
  void take_selective(const SegmentIn& segment, Delivery& delivery, Instant now);
  void detect_losses(Instant now);
  void detect_losses_without_sack(const SegmentIn& segment, const Delivery& delivery);
  void measure_round_trip(const SegmentIn& segment, const Delivery& delivery, Instant now);
  void note_duplicate(const SegmentIn& segment, Delivery& delivery);
  Duration reordering_window() const;
  bool sent_before_newest(const SentRange& range) const;
  void enter_recovery();
  void respond_to_marks(const SegmentIn& segment);
  void leave_recovery_when_over();
  void grow_window(const Delivery& delivery, Instant now);
  void undo_reduction();
  void judge_tail_probe(const SegmentIn& segment, const Delivery& delivery);
  bool last_reduction_was_a_mistake(const SegmentIn& segment) const;
  void arm_retransmission(Instant now);
  bool may_probe_tail() const;
  Duration tail_probe_after() const;
  void time_out_retransmission(Instant now);
  void suspect_black_hole();
  void set_segment_bytes(uint32_t mss_bytes);

  // ---- egress.cc
  SegmentOut make_segment(Sequence sequence, Instant now);
  SegmentOut make_syn(Instant now);
  SegmentOut make_reset() const;
  SegmentOut make_data(SequenceRange range, Instant now);
  std::optional<SegmentOut> retransmit_lost(Instant now, uint32_t payload_max_bytes);
  std::optional<SegmentOut> send_new(Instant now, uint32_t payload_max_bytes);
  std::optional<SegmentOut> probe_tail(Instant now);
  std::optional<SegmentOut> probe_window(Instant now);
  SegmentOut retransmit_range(uint32_t i, uint32_t bytes_max, Instant now);
  uint32_t new_bytes_allowed() const;
  uint32_t payload_bytes_max() const;
  uint32_t in_flight_bytes() const;
  uint64_t unsent_bytes() const;
  bool fin_waits() const { return fin_wanted_ && !fin_sent_; }
  bool handshake_over() const { return state_ > TcpState::syn_received; }
  uint16_t offer_window(uint8_t shift);
  uint32_t window_to_offer() const;
  void window_was_read(Instant now);
  std::optional<uint32_t> new_bytes_to_send(uint64_t unsent, uint32_t payload_max_bytes);
  uint32_t peer_allows_bytes() const;

  const TcpSettings* settings_;

  Chain to_send_;   // from send_unacknowledged_ (or our first byte) on
  Chain received_;  // in order, not yet read
  Reassembly reassembly_;
  Scoreboard scoreboard_;
  RoundTrip round_trip_;
  Congestion congestion_;

  // ---- what we send
  Sequence initial_;
  Sequence send_unacknowledged_;
  Sequence send_next_;
  Sequence window_update_sequence_;  // SND.WL1
  uint32_t send_window_bytes_ = 0;
  uint32_t send_window_max_bytes_ = 0;  // ever offered
  Sequence recovery_point_;
  uint32_t timestamp_offset_;
  Instant retransmit_at_ = never;
  Instant waiting_since_{};  // what the retransmission timeout counts from
  Instant progress_at_{};  // the last time that the peer acknowledged something, or had to begin to
  // RACK (RFC 8985, 6.1): the newest of what was delivered.
  Instant newest_sent_{};
  Duration newest_round_trip_{};
  Sequence newest_end_;
  Sequence forward_most_;      // delivered
  Sequence duplicates_round_;  // the reordering window grows at most once before it is passed
  Sequence tail_probe_end_;
  Instant reordering_due_ = never;
  uint32_t retransmitted_stamp_ = 0;  // our timestamp of the first retransmission of a recovery
  uint32_t retransmissions_ = 0;

  // ---- what we receive
  Sequence receive_initial_;
  Sequence receive_next_;
  Sequence window_edge_;        // that was offered
  Sequence last_acknowledged_;  // that we sent
  Sequence fin_at_;             // the peer's FIN, if fin_seen_
  Sequence window_mark_;        // where the window's use is looked at again
  Instant window_mark_at_{};
  Instant acknowledge_at_ = never;
  Instant heard_at_{};
  Instant idle_at_ = never;  // keepalive, close or TIME-WAIT timeout
  Instant challenged_at_{};
  uint32_t timestamp_recent_ = 0;
  uint32_t window_limit_bytes_;
  uint32_t unacknowledged_bytes_ = 0;  // that came since our last acknowledgment
  SequenceRange duplicate_;            // to be reported (RFC 2883), if not empty

  uint16_t duplicates_ = 0;  // acknowledgments in a row, where there is no SACK
  uint16_t mss_bytes_;       // of what we send, options included
  uint16_t our_mss_bytes_;   // that we announce
  uint16_t peer_mss_bytes_ = SegmentOptions::mss_default_bytes;
  uint8_t send_shift_ = 0;
  uint8_t receive_shift_ = 0;
  uint8_t quick_acknowledgments_;
  uint8_t reordering_steps_ = 1;     // RACK.reo_wnd_mult
  uint8_t reordering_persists_ = 0;  // recoveries until it is one again
  uint8_t keepalives_ = 0;
  uint8_t timeouts_ = 0;  // in a row

  TcpState state_ = TcpState::closed;
  TcpEnd end_ = TcpEnd::none;
  Recovery recovery_ = Recovery::none;
  Timer timer_ = Timer::none;

  bool passive_ : 1 = false;
  bool timestamps_ : 1 = false;
  bool sack_ : 1 = false;
  bool scaling_ : 1 = false;
  bool ecn_ : 1 = false;
  bool fin_wanted_ : 1 = false;
  bool fin_sent_ : 1 = false;
  bool fin_seen_ : 1 = false;      // perhaps before data
  bool fin_received_ : 1 = false;  // and all before it
  bool not_reading_ : 1 = false;
  bool reset_waits_ : 1 = false;
  bool acknowledge_now_ : 1 = false;
  bool tail_probe_due_ : 1 = false;
  bool tail_probe_out_ : 1 = false;
  bool tail_probe_was_new_ : 1 = false;
  bool window_probe_due_ : 1 = false;
  bool keepalive_due_ : 1 = false;
  bool reordering_seen_ : 1 = false;
  bool congestion_limited_ : 1 = false;  // the window held us back since the last acknowledgment
  bool echo_marks_ : 1 = false;          // ECE, until CWR
  bool announce_reduction_ : 1 = false;  // CWR
  bool retransmit_first_ : 1 = false;    // one goes whatever the window says
  bool may_undo_ : 1 = false;
};

}  // namespace weft
