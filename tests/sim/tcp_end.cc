#include "tests/sim/tcp_end.h"

#include <fmt/format.h>

#include <algorithm>

namespace weft::sim {

static constexpr uint32_t isn_factor = 0x9e3779b1, isn_inverse = 0x0e8b2f51;
static_assert(isn_factor * isn_inverse == 1);
static constexpr uint32_t isn_key = 0x5eed5eed;

uint32_t isn_of(uint32_t number) {
  return number * isn_factor ^ isn_key;
}

uint32_t number_of_isn(uint32_t isn) {
  return (isn ^ isn_key) * isn_inverse;
}

std::byte ByteStream::at(std::size_t place) const {
  if (place < header.size()) return header[place];
  const std::size_t n = place - header.size();
  return static_cast<std::byte>(seed * 31 + n * 197 + (n >> 8) * 29);
}

// Signed, so that what lies before is below.
static int64_t distance(uint32_t number, uint32_t from) {
  return static_cast<int32_t>(number - from);
}

// ---- sending

uint32_t TcpEnd::timestamp(Instant now) const {
  return static_cast<uint32_t>(to_ms(now.time_since_epoch())) + ours_.clock_offset_ms;
}

std::vector<TcpEnd::Segment> TcpEnd::unacknowledged(std::size_t mtu_bytes, bool v6) {
  constexpr std::size_t options_bytes_max = 40, tcp_header_bytes = 20;
  const std::size_t ip_header_bytes = v6 ? 40 : 20;
  const std::size_t segment_bytes =
      std::min(segment_bytes_max_, mtu_bytes - ip_header_bytes - tcp_header_bytes) -
      options_bytes_max;
  std::vector<Segment> segments;
  for (std::size_t at = acknowledged_; at < written_;) {
    // RFC 9293, 3.8.6.2.1: nothing small into what a window has left.
    const std::size_t end = std::min(written_, at + segment_bytes);
    const std::size_t flight_bytes = at - acknowledged_ + segment_bytes;
    if (at != acknowledged_ && flight_bytes > first_flight_bytes_.value_or(SIZE_MAX)) break;
    segments.push_back({static_cast<uint8_t>(tcp_flag::psh | tcp_flag::ack), at, end});
    sent_ = std::max(sent_, at = end);
  }
  if (closed_ && sent_ == written_ && !fin_acknowledged_) {
    segments.push_back({static_cast<uint8_t>(tcp_flag::fin | tcp_flag::ack), written_, written_});
  }
  return segments;
}

void TcpEnd::put(test::FrameBuilder& frame, Ports ports, const Segment& segment, const Token& token,
                 Instant now) {
  const bool syn = (segment.flags & tcp_flag::syn) != 0;
  const bool acknowledges = (segment.flags & tcp_flag::ack) != 0;
  TcpOptions options{.token = token};
  if (syn) {
    options.mss_bytes = ours_.mss_bytes;
    options.sack_permitted = ours_.sack && (!acknowledges || sack_);
    if (!acknowledges || scales_) options.window_scale = ours_.window_scale;
  }
  if (acknowledges ? timestamps_ : ours_.timestamps) {
    last_timestamp_ = timestamp(now);
    if (!first_timestamp_) first_timestamp_ = last_timestamp_;
    options.timestamps = {last_timestamp_, acknowledges ? other_last_timestamp_ : 0};
  }
  if (sack_ && !syn && has_gap()) {
    const auto& [begin, end] = *beyond_.begin();
    const uint32_t first = other_isn_ + 1;
    options.blocks.push_back(
        {first + static_cast<uint32_t>(begin), first + static_cast<uint32_t>(end)});
  }
  const uint8_t scale = syn || !scales_ ? 0 : ours_.window_scale.value_or(0);
  const uint32_t own_next = static_cast<uint32_t>(segment.begin) + (syn ? 0 : 1) +
                            (closed_ && segment.flags == tcp_flag::ack ? 1 : 0);
  const uint32_t other_next = static_cast<uint32_t>(next_) + 1 + (fin_taken_ ? 1 : 0);
  frame.tcp(ports.from, ports.to, segment.flags)
      .sequence(ours_.isn + own_next)
      .acknowledgment(acknowledges ? other_isn_ + other_next : 0)
      .window(static_cast<uint16_t>(std::min<uint32_t>(ours_.window_bytes >> scale, UINT16_MAX)))
      .tcp_options(options.bytes());
  if (segment.begin == segment.end) return;
  test::Bytes payload;
  for (std::size_t at = segment.begin; at < segment.end; ++at) payload.push_back(sends_.at(at));
  frame.payload(std::move(payload));
}

// ---- receiving

std::size_t TcpEnd::received() const {
  return next_ - std::min(next_, receives_.header.size());
}

bool TcpEnd::expects(uint32_t sequence) const {
  return open_ && sequence - other_isn_ <= next_ + 2;
}

std::string TcpEnd::open(const test::Decoded& syn, const Other& other, Instant now) {
  const TcpOptions options = TcpOptions::parse(syn.tcp_options);
  const bool answers = (syn.flags & tcp_flag::ack) != 0;
  if (answers && syn.acknowledgment != ours_.isn + 1) return "an answer to another SYN";
  if (options.mss_bytes.value_or(536) > other.traits.mss_bytes) return "a larger MSS";
  if (static_cast<uint32_t>(syn.window) > other.traits.window_bytes) return "a larger window";
  open_ = true;
  other_isn_ = syn.sequence;
  segment_bytes_max_ = options.mss_bytes.value_or(536);
  timestamps_ = ours_.timestamps && options.timestamps;
  sack_ = ours_.sack && options.sack_permitted;
  scales_ = ours_.window_scale && options.window_scale;
  other_scale_ = scales_ ? *options.window_scale : 0;
  if (answers) first_flight_bytes_ = syn.window;
  if (timestamps_) other_first_timestamp_ = other_last_timestamp_ = options.timestamps->value;
  other_since_ = now;
  return "";
}

std::string TcpEnd::judge_numbers(const test::Decoded& segment, const Other& other,
                                  std::size_t& begin) {
  const auto header_bytes = static_cast<int64_t>(receives_.header.size());
  const bool fin = (segment.flags & tcp_flag::fin) != 0;
  const bool syn = (segment.flags & tcp_flag::syn) != 0;
  const int64_t at = distance(segment.sequence, other_isn_ + 1);
  const int64_t end = at + static_cast<int64_t>(segment.payload.size()) + (fin ? 1 : 0);
  const int64_t end_max = header_bytes + static_cast<int64_t>(other.written) + 1;
  if (at < (syn ? -1 : 0) || end > end_max) {
    return fmt::format("bytes {} to {} of a stream of {}", at, end, end_max);
  }
  begin = static_cast<std::size_t>(std::max<int64_t>(at, 0));
  if ((segment.flags & tcp_flag::ack) == 0) return syn ? "" : "a segment that acknowledges nothing";
  const int64_t acknowledged = distance(segment.acknowledgment, ours_.isn + 1);
  if (acknowledged < -static_cast<int64_t>(other.header_bytes) ||
      acknowledged > static_cast<int64_t>(sent_) + (closed_ ? 1 : 0)) {
    return fmt::format("byte {} acknowledged, and {} were sent", acknowledged, sent_);
  }
  const auto place = static_cast<std::size_t>(std::max<int64_t>(acknowledged, 0));
  acknowledged_ = std::max(acknowledged_, std::min(place, written_));
  fin_acknowledged_ = fin_acknowledged_ || (closed_ && place == written_ + 1);
  return judge_blocks(segment, other);
}

std::string TcpEnd::judge_blocks(const test::Decoded& segment, const Other& other) const {
  for (const TcpOptions::Block& block : TcpOptions::parse(segment.tcp_options).blocks) {
    const int64_t left = distance(block.left, ours_.isn + 1);
    const int64_t right = distance(block.right, ours_.isn + 1);
    const bool sent = left >= -static_cast<int64_t>(other.header_bytes) && left < right &&
                      right <= static_cast<int64_t>(sent_);
    if (sack_ && sent) continue;
    return fmt::format("bytes {} to {} acknowledged selectively, and {} were sent", left, right,
                       sent_);
  }
  return "";
}

std::string TcpEnd::judge_options(const TcpOptions& options, bool acknowledges, Instant now) {
  if (!timestamps_) return "";
  if (!options.timestamps) return "a segment without the timestamps that were agreed on";
  // What the network and jumps of time may make of it; clocks differ by more.
  constexpr int64_t slack_ms = 10'000;
  const int64_t elapsed_ms = to_ms(now - other_since_);
  const int64_t later = distance(options.timestamps->value, other_first_timestamp_);
  if (later < -slack_ms || later > elapsed_ms + slack_ms) {
    return fmt::format("a timestamp {} ms later", later);
  }
  if (later > distance(other_last_timestamp_, other_first_timestamp_)) {
    other_last_timestamp_ = options.timestamps->value;
  }
  if (!acknowledges || !first_timestamp_) return "";
  const int64_t echo = distance(options.timestamps->echo, *first_timestamp_);
  // A client may be sent two cookies, of which the later one's clock is ahead of the connection's.
  if (echo < -slack_ms || echo > distance(last_timestamp_, *first_timestamp_) + slack_ms) {
    return fmt::format("an echo of {} ms later than the first timestamp", echo);
  }
  return "";
}

// What is shifted by one scale and back by another one loses its last bits.
std::string TcpEnd::judge_window(const test::Decoded& segment, const Other& other) {
  constexpr uint8_t scale_of_cookies = 7;
  if ((segment.flags & tcp_flag::syn) != 0) return "";
  const uint32_t window = static_cast<uint32_t>(segment.window) << other_scale_;
  const uint8_t scale = std::max(other.traits.window_scale.value_or(0), scale_of_cookies);
  if (window > other.traits.window_bytes || window + (1u << scale) <= other.traits.window_bytes) {
    return fmt::format("a window of {}, and it is {}", window, other.traits.window_bytes);
  }
  return "";
}

std::string TcpEnd::judge_bytes(const test::Decoded& segment, std::size_t begin) const {
  for (std::size_t i = 0; i < segment.payload.size(); ++i) {
    if (segment.payload[i] == receives_.at(begin + i)) continue;
    return fmt::format("byte {} of the stream is another one", begin + i);
  }
  return "";
}

void TcpEnd::take(std::size_t begin, std::size_t end) {
  if (begin != end) beyond_[begin] = std::max(beyond_[begin], end);
  while (!beyond_.empty() && beyond_.begin()->first <= next_) {
    next_ = std::max(next_, beyond_.begin()->second);
    beyond_.erase(beyond_.begin());
  }
  fin_taken_ = fin_taken_ || fin_at_ == next_;
}

std::string TcpEnd::receive(const test::Decoded& segment, const Other& other, Instant now) {
  const TcpOptions options = TcpOptions::parse(segment.tcp_options);
  const bool acknowledges = (segment.flags & tcp_flag::ack) != 0;
  std::size_t begin = 0;
  std::string wrong = judge_numbers(segment, other, begin);
  if (wrong.empty()) wrong = judge_options(options, acknowledges, now);
  if (wrong.empty()) wrong = judge_window(segment, other);
  if (wrong.empty()) wrong = judge_bytes(segment, begin);
  if (!wrong.empty() || (segment.flags & tcp_flag::syn) != 0) return wrong;
  first_flight_bytes_.reset();
  const std::size_t end = begin + segment.payload.size();
  if ((segment.flags & tcp_flag::fin) != 0) fin_at_ = end;
  take(begin, end);
  return "";
}

}  // namespace weft::sim
