// One end of a simulated TCP connection, as its host keeps it (RFC 9293, with timestamps and scaled
// windows of RFC 7323 and one block of RFC 2018's SACK). What either side sends follows from its
// place in the stream, so every number and byte of a segment that arrives can be judged: a stream
// arrives whole, in order and once, behind whatever the gateway was to put in front of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/wire/headers.h"
#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"
#include "tests/sim/tcp_options.h"

namespace weft::sim {

// The number of a client's SYN says whose it is, also where the gateway repeats it. Of numbers that
// are no client's too.
uint32_t isn_of(uint32_t number);
uint32_t number_of_isn(uint32_t isn);

struct TcpTraits {
  uint32_t isn = 0;
  uint16_t mss_bytes = 1460;
  uint32_t window_bytes = 0xffff;  // always as large
  std::optional<uint8_t> window_scale;
  bool sack = false;
  bool timestamps = false;
  uint32_t clock_offset_ms = 0;  // of these
};

// What one side sends: `header`, which the other side does not know of, and then bytes that follow
// from the seed.
struct ByteStream {
  uint32_t seed = 0;
  test::Bytes header;

  std::byte at(std::size_t place) const;
};

class TcpEnd {
 public:
  TcpEnd(TcpTraits ours, ByteStream sends, ByteStream receives)
      : ours_(ours), sends_(std::move(sends)), receives_(std::move(receives)) {}

  // ---- what it sends. Each goes into a frame that has its addresses.
  struct Ports {
    uint16_t from = 0;
    uint16_t to = 0;
  };
  struct Segment {
    uint8_t flags = 0;
    std::size_t begin = 0;  // of its data in the stream
    std::size_t end = 0;
  };
  void write(std::size_t bytes) { written_ += bytes; }
  void close() { closed_ = true; }
  // The SYN, or the answer to the other's.
  Segment syn(uint8_t flags) const { return {flags, 0, 0}; }
  Segment acknowledgment() const { return {tcp_flag::ack, sent_, sent_}; }
  // All that was not acknowledged, in segments for packets of `mtu_bytes`.
  std::vector<Segment> unacknowledged(std::size_t mtu_bytes, bool v6);
  void put(test::FrameBuilder& frame, Ports ports, const Segment& segment, const Token& token,
           Instant now);

  // ---- what it gets. All that is wrong with it, by what the other side is known to do; empty: it
  // is as it has to be, and taken. Requires: sound.
  struct Other {
    std::size_t written = 0;  // of its stream, at most
    TcpTraits traits;
    std::size_t header_bytes = 0;  // in front of what this end sends: old segments may speak of it
  };
  std::string open(const test::Decoded& syn, const Other& other, Instant now);
  std::string receive(const test::Decoded& segment, const Other& other, Instant now);

  bool is_open() const { return open_; }
  const TcpTraits& ours() const { return ours_; }
  uint32_t other_isn() const { return other_isn_; }
  std::size_t written() const { return written_; }
  std::size_t received() const;  // of the other's stream, without gaps
  bool other_closed() const { return fin_taken_; }
  bool has_gap() const { return !beyond_.empty(); }
  bool all_acknowledged() const {
    return acknowledged_ == written_ && closed_ == fin_acknowledged_;
  }
  bool is_untouched() const { return next_ == 0 && !fin_taken_; }  // nothing came after the SYN
  bool has_unsent() const { return sent_ < written_; }
  // Whether it was sent such a sequence number, or may be next.
  bool expects(uint32_t sequence) const;
  // Whether a segment with this sequence number may be one of its own.
  bool sent(uint32_t sequence) const { return sequence - ours_.isn <= written_ + 2; }

 private:
  uint32_t timestamp(Instant now) const;
  std::string judge_numbers(const test::Decoded& segment, const Other& other, std::size_t& begin);
  std::string judge_options(const TcpOptions& options, bool acknowledges, Instant now);
  std::string judge_window(const test::Decoded& segment, const Other& other);
  std::string judge_blocks(const test::Decoded& segment, const Other& other) const;
  std::string judge_bytes(const test::Decoded& segment, std::size_t begin) const;
  void take(std::size_t begin, std::size_t end);

  const TcpTraits ours_;
  const ByteStream sends_;
  const ByteStream receives_;
  // What it sends. Places are without numbers for SYN and FIN.
  std::size_t written_ = 0, sent_ = 0, acknowledged_ = 0;
  bool closed_ = false, fin_acknowledged_ = false;
  std::optional<uint32_t> first_timestamp_;  // that it sent
  uint32_t last_timestamp_ = 0;
  // What it gets; places count the header.
  bool open_ = false;
  uint32_t other_isn_ = 0;
  std::size_t next_ = 0;                       // place that it waits for
  std::map<std::size_t, std::size_t> beyond_;  // begin and end of what came too early
  std::optional<std::size_t> fin_at_;
  bool fin_taken_ = false;
  // As the two agreed.
  std::size_t segment_bytes_max_ = 536;
  std::optional<std::size_t> first_flight_bytes_;  // until the other side has said more than SYN
  bool timestamps_ = false, sack_ = false, scales_ = false;
  uint8_t other_scale_ = 0;
  uint32_t other_first_timestamp_ = 0, other_last_timestamp_ = 0;
  Instant other_since_;
};

}  // namespace weft::sim
