// A peer in script form for one connection: what it sends is said, what it gets is expected, and
// time moves when the script says so.
//
//   auto tcp = Transcript::established({.mss_bytes = 1000, .rto_ms = 200});
//   tcp.write("hello").expect({.seq = 1, .payload = "hello"});
//   tcp.advance_ms(199).expect_silence();
//   tcp.advance_ms(1).expect({.seq = 1, .payload = "hello"});
//
// What the connection sends is pulled after each step. Whatever was sent must be expected before
// the next step. Numbers of both sides wrap soon after their start.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

#include "dataplane/tcp/connection.h"
#include "tests/tcp/script_segment.h"

namespace weft::test {

// What the peer's SYN says, and what the connection is like.
struct Script {
  uint16_t mss_bytes = 1000;  // both sides'
  uint32_t rto_ms = 200;      // at least
  uint32_t window_bytes = 65535;
  uint32_t round_trip_ms = 0;  // of the SYN
  bool passive = false;        // the peer connects
  // The peer offers them; the connection always does unless `tcp` says otherwise.
  bool timestamps = false;
  bool sack = false;
  bool ecn = false;
  std::optional<uint8_t> window_scale = std::nullopt;
  TcpSettings tcp = {};
};

class Transcript {
 public:
  using Where = std::source_location;

  // Its SYN is to be expected.
  static Transcript connecting(const Script& script);
  // The peer's SYN has come, the answer is to be expected.
  static Transcript accepting(const Script& script);
  // All of the opening is over.
  static Transcript established(const Script& script);

  // The peer.
  Transcript& receive(const PeerSegment& segment, Where where = Where::current());
  Transcript& acknowledge(uint32_t ack, Where where = Where::current()) {
    return receive({.ack = ack}, where);
  }
  // With the options of the peer's SYN.
  Transcript& receive_syn(uint8_t flags, uint32_t ack = 0, Where where = Where::current());
  // The application.
  Transcript& write(std::string_view text, Where where = Where::current());
  Transcript& write_bytes(uint32_t n, Where where = Where::current());
  std::string read(uint64_t n, Where where = Where::current());
  Transcript& shut_down(Where where = Where::current());
  Transcript& close(Where where = Where::current());
  Transcript& abort(Where where = Where::current());
  // The path.
  Transcript& path_carries(uint32_t quoted, uint16_t mss_bytes, Where where = Where::current());
  Transcript& advance_ms(int64_t ms, Where where = Where::current());

  Transcript& expect(const ExpectedSegment& expected, Where where = Where::current());
  // Segments of so many bytes each, the last one perhaps smaller, from `begin` to `end`.
  Transcript& expect_bytes(Block range, uint32_t each_bytes, Where where = Where::current());
  Transcript& expect_silence(Where where = Where::current());
  Transcript& expect_state(TcpState state, Where where = Where::current());
  Transcript& expect_end(TcpEnd end, Where where = Where::current());
  // What was sent is of no interest.
  Transcript& pass_over() {
    sent_.clear();
    return *this;
  }
  std::deque<SentSegment> take_sent() { return std::exchange(sent_, {}); }
  // What the calls since the last take_events() changed (tcp_event).
  uint8_t take_events() { return std::exchange(events_, uint8_t{0}); }

  const Connection& connection() const { return *connection_; }
  // Milliseconds since the start.
  int64_t time_ms() const { return to_ms(now_ - start); }
  // The largest payload of one call of next_segment(), for a device that cuts.
  void set_payload_max_bytes(uint32_t bytes) { payload_max_bytes_ = bytes; }

 private:
  static constexpr Instant start{seconds(1000)};

  explicit Transcript(const Script& script);

  SegmentIn to_segment(const PeerSegment& segment);
  SegmentIn syn_of_peer(uint8_t flags, uint32_t ack) const;
  void deliver(const SegmentIn& segment);
  void pull();
  void note_sent(const SegmentOut& segment, const Chain& payload_of);
  void check_edge(const SentSegment& sent);
  void begin_step(Where where);
  void fail(const std::string& what, Where where) const;

  std::unique_ptr<Script> script_;  // does not move, as the connection points at its settings
  std::optional<Connection> connection_;
  Instant now_ = start;
  std::deque<SentSegment> sent_;
  uint8_t events_ = 0;
  uint32_t payload_max_bytes_ = 0;
  uint64_t written_bytes_ = 0;
  // The peer.
  uint32_t peer_next_ = 0;
  uint32_t peer_ack_ = 0;
  uint32_t peer_window_bytes_;
  uint32_t last_timestamp_ = 0;  // that was sent to it, as on the wire
  uint8_t our_shift_ = 0;
  uint32_t edge_ = 0;  // of the window that it was offered
};

}  // namespace weft::test
