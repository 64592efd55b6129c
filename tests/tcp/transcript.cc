#include "tests/tcp/transcript.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace weft::test {
namespace {

constexpr Sequence our_initial{0xffffff00};
constexpr Sequence peer_initial{0xfffffe00};
constexpr uint32_t our_timestamp_offset = 0xfffff000;
constexpr uint32_t peer_timestamp_start = 0xffffff80;

uint32_t relative(Sequence number, Sequence initial) {
  return number - initial;
}

}  // namespace

Transcript::Transcript(const Script& script)
    : script_(std::make_unique<Script>(script)), peer_window_bytes_(script.window_bytes) {
  script_->tcp.timeout.timeout_min = milliseconds(script.rto_ms);
}

Transcript Transcript::connecting(const Script& script) {
  Transcript transcript(script);
  const Connection::Opening opening{our_initial, our_timestamp_offset, script.mss_bytes};
  transcript.connection_ = Connection::connect(transcript.script_->tcp, opening, transcript.now_);
  transcript.pull();
  return transcript;
}

Transcript Transcript::accepting(const Script& script) {
  Transcript transcript(script);
  const Connection::Opening opening{our_initial, our_timestamp_offset, script.mss_bytes};
  const uint8_t flags = tcp_flag::syn | (script.ecn ? tcp_flag::ece | tcp_flag::cwr : 0);
  transcript.connection_ = Connection::accept(transcript.script_->tcp, opening,
                                              transcript.syn_of_peer(flags, 0), transcript.now_);
  transcript.peer_next_ = 1;
  transcript.pull();
  return transcript;
}

Transcript Transcript::established(const Script& script) {
  Transcript tcp = script.passive ? accepting(script) : connecting(script);
  tcp.pass_over().advance_ms(script.round_trip_ms);
  if (script.passive) {
    tcp.acknowledge(1);
  } else {
    tcp.receive_syn(tcp_flag::syn | tcp_flag::ack | (script.ecn ? tcp_flag::ece : 0), 1);
  }
  tcp.pass_over().take_events();
  return tcp;
}

void Transcript::fail(const std::string& what, Where where) const {
  ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line()))
      << "at " << time_ms() << " ms: " << what;
}

void Transcript::begin_step(Where where) {
  for (const SentSegment& sent : sent_) fail("not expected: " + sent.text(), where);
  sent_.clear();
}

// ---- the peer

SegmentIn Transcript::syn_of_peer(uint8_t flags, uint32_t ack) const {
  SegmentIn syn;
  syn.sequence = peer_initial;
  syn.flags = flags;
  if ((flags & tcp_flag::ack) != 0) syn.acknowledgment = our_initial + ack;
  syn.window = static_cast<uint16_t>(std::min(peer_window_bytes_, 65535u));
  syn.options.mss_bytes = script_->mss_bytes;
  syn.options.sack_permitted = script_->sack;
  syn.options.has_window_scale = script_->window_scale.has_value();
  syn.options.window_scale = script_->window_scale.value_or(0);
  syn.options.has_timestamps = script_->timestamps;
  syn.options.timestamp = peer_timestamp_start + static_cast<uint32_t>(time_ms());
  syn.options.echo = last_timestamp_;
  return syn;
}

SegmentIn Transcript::to_segment(const PeerSegment& said) {
  SegmentIn segment;
  peer_ack_ = said.ack.value_or(peer_ack_);
  peer_window_bytes_ = said.window_bytes.value_or(peer_window_bytes_);
  const uint32_t seq = said.seq.value_or(peer_next_);
  segment.sequence = peer_initial + seq;
  segment.flags = said.flags;
  if (segment.has(tcp_flag::ack)) segment.acknowledgment = our_initial + peer_ack_;
  const uint32_t shift = script_->window_scale.value_or(0);
  segment.window = static_cast<uint16_t>(peer_window_bytes_ >> shift);
  segment.congestion_experienced = said.marked;
  for (const Block& block : said.sack) {
    segment.options.sack[segment.options.sack_count++] = {our_initial + block.begin,
                                                          our_initial + block.end};
  }
  if (script_->timestamps && !said.without_timestamps) {
    const auto clock = static_cast<uint32_t>(time_ms());
    segment.options.has_timestamps = true;
    segment.options.timestamp = peer_timestamp_start + said.timestamp.value_or(clock);
    const uint32_t clock_at_start =
        our_timestamp_offset + static_cast<uint32_t>(to_ms(start.time_since_epoch()));
    segment.options.echo = said.echo ? clock_at_start + *said.echo : last_timestamp_;
  }
  if (!said.payload.empty()) segment.payload = Slice::copy_of(said.payload);
  peer_next_ = std::max(peer_next_, seq + segment.length());
  return segment;
}

void Transcript::deliver(const SegmentIn& segment) {
  const uint8_t events = connection_->receive(segment, now_);
  events_ |= events;
  if ((events & tcp_event::answer_reset) != 0) {
    if (const auto reset = reset_for(segment)) note_sent(*reset, connection_->to_send());
  }
  pull();
}

Transcript& Transcript::receive(const PeerSegment& segment, Where where) {
  begin_step(where);
  deliver(to_segment(segment));
  return *this;
}

Transcript& Transcript::receive_syn(uint8_t flags, uint32_t ack, Where where) {
  begin_step(where);
  peer_next_ = std::max(peer_next_, 1u);
  peer_ack_ = std::max(peer_ack_, ack);
  deliver(syn_of_peer(flags, ack));
  return *this;
}

// ---- the application and the path

Transcript& Transcript::write(std::string_view text, Where where) {
  begin_step(where);
  Chain chain;
  chain.append(Slice::copy_of(text));
  written_bytes_ += text.size();
  connection_->write(std::move(chain));
  pull();
  return *this;
}

Transcript& Transcript::write_bytes(uint32_t n, Where where) {
  std::string text;
  for (uint32_t i = 0; i < n; ++i) text += static_cast<char>('a' + (written_bytes_ + i) % 26);
  return write(text, where);
}

std::string Transcript::read(uint64_t n, Where where) {
  begin_step(where);
  const Chain chain = connection_->read(n, now_);
  pull();
  return chain.text();
}

Transcript& Transcript::shut_down(Where where) {
  begin_step(where);
  connection_->shut_down();
  pull();
  return *this;
}

Transcript& Transcript::close(Where where) {
  begin_step(where);
  connection_->close(now_);
  pull();
  return *this;
}

Transcript& Transcript::abort(Where where) {
  begin_step(where);
  connection_->abort();
  pull();
  return *this;
}

Transcript& Transcript::path_carries(uint32_t quoted, uint16_t mss_bytes, Where where) {
  begin_step(where);
  connection_->path_carries(our_initial + quoted, mss_bytes, now_);
  pull();
  return *this;
}

Transcript& Transcript::advance_ms(int64_t ms, Where where) {
  begin_step(where);
  const Instant until = now_ + milliseconds(ms);
  while (connection_->deadline() <= until) {
    now_ = std::max(now_, connection_->deadline());
    events_ |= connection_->expire(now_);
    pull();
  }
  now_ = until;
  return *this;
}

// ---- what is sent

void Transcript::pull() {
  constexpr uint32_t at_once_max = 10'000;
  for (uint32_t i = 0; auto segment = connection_->next_segment(now_, payload_max_bytes_); ++i) {
    note_sent(*segment, connection_->to_send());
    if (i == at_once_max) return fail("it never stops to send", Where::current());
  }
  if (!connection_->consistent()) fail("it is not consistent", Where::current());
}

void Transcript::note_sent(const SegmentOut& segment, const Chain& payload_of) {
  SentSegment sent;
  std::array<std::byte, 60> header{};
  std::copy_n(segment.options.begin(), segment.options_bytes, header.begin() + 20);
  sent.options = SegmentOptions::of(std::span(header).first(20u + segment.options_bytes));
  const bool acknowledges = segment.has(tcp_flag::ack);
  sent.seq = relative(segment.sequence, our_initial);
  sent.ack = acknowledges ? relative(segment.acknowledgment, peer_initial) : 0;
  sent.flags = segment.flags;
  if (segment.has(tcp_flag::syn)) our_shift_ = sent.options.window_scale;
  const bool scaled = script_->window_scale && !segment.has(tcp_flag::syn);
  sent.window_bytes = uint32_t{segment.window} << (scaled ? our_shift_ : 0);
  std::vector<std::byte> bytes(segment.payload_bytes);
  if (!bytes.empty()) payload_of.copy_to(segment.payload_offset, bytes);
  sent.payload.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const SequenceRange& block : sent.options.sack_blocks()) {
    sent.sack.push_back({relative(block.begin, peer_initial), relative(block.end, peer_initial)});
  }
  if (sent.options.has_timestamps) {
    const auto at_start = static_cast<uint32_t>(to_ms(start.time_since_epoch()));
    last_timestamp_ = sent.options.timestamp;
    sent.timestamp = last_timestamp_ - our_timestamp_offset - at_start;
    sent.echo = sent.options.echo - peer_timestamp_start;
  }
  sent.ecn_capable = segment.ecn_capable;
  check_edge(sent);
  sent_.push_back(std::move(sent));
}

// RFC 9293, 3.8.6: it never moves back, but by what a scaled window is rounded (RFC 7323, 2.4).
void Transcript::check_edge(const SentSegment& sent) {
  if ((sent.flags & tcp_flag::rst) != 0 || (sent.flags & tcp_flag::ack) == 0) return;
  const uint32_t edge = sent.ack + sent.window_bytes;
  const uint32_t rounding = script_->window_scale ? (1u << our_shift_) - 1 : 0;
  if (edge + rounding < edge_) fail("the window's edge moves back: " + sent.text(), {});
  edge_ = std::max(edge_, edge);
}

Transcript& Transcript::expect(const ExpectedSegment& expected, Where where) {
  if (sent_.empty()) {
    fail("nothing was sent", where);
    return *this;
  }
  const SentSegment sent = std::move(sent_.front());
  sent_.pop_front();
  const std::string wrong = differences(expected, sent);
  if (!wrong.empty()) fail("sent was: " + sent.text() + "\n" + wrong, where);
  return *this;
}

Transcript& Transcript::expect_bytes(Block range, uint32_t each_bytes, Where where) {
  for (uint32_t at = range.begin; at < range.end; at += each_bytes) {
    expect({.seq = at, .payload_bytes = std::min(each_bytes, range.end - at)}, where);
  }
  return *this;
}

Transcript& Transcript::expect_silence(Where where) {
  begin_step(where);
  return *this;
}

Transcript& Transcript::expect_state(TcpState state, Where where) {
  if (connection_->state() == state) return *this;
  fail("the state is " + std::to_string(static_cast<int>(connection_->state())) + ", not " +
           std::to_string(static_cast<int>(state)),
       where);
  return *this;
}

Transcript& Transcript::expect_end(TcpEnd end, Where where) {
  expect_state(TcpState::closed, where);
  if (connection_->end() == end) return *this;
  fail("the end is " + std::to_string(static_cast<int>(connection_->end())) + ", not " +
           std::to_string(static_cast<int>(end)),
       where);
  return *this;
}

}  // namespace weft::test
