#include "tests/fuzz/tcp_judge.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace weft::fuzz {
namespace {

SegmentOptions options_of(const SegmentOut& segment) {
  std::array<std::byte, 60> header{};
  std::copy_n(segment.options.begin(), segment.options_bytes, header.begin() + 20);
  return SegmentOptions::of(std::span(header).first(20u + segment.options_bytes));
}

}  // namespace

void TcpJudge::expect(bool fine, std::string_view complaint) {
  if (fine) return;
  std::fprintf(stderr, "wrong: %.*s\n", static_cast<int>(complaint.size()), complaint.data());
  std::abort();
}

std::byte TcpJudge::byte_at(Sequence number) {
  return std::byte(number.value() * 0x9e3779b1u >> 24);
}

void TcpJudge::note_given(const SegmentIn& segment) {
  if (segment.has(tcp_flag::syn) && !peer_known_) {
    peer_known_ = true;
    peer_scales_ = settings_.window_scaling && segment.options.has_window_scale;
  }
  // What lies far away can never be taken.
  constexpr uint32_t far_away = 1u << 23;
  const Sequence first = later(segment.sequence, peer_initial_);
  const Sequence last = segment.sequence + segment.length();
  if (last <= first || last - peer_initial_ > far_away) return;
  if (given_.size() < last - peer_initial_) given_.resize(last - peer_initial_);
  std::fill_n(given_.begin() + (first - peer_initial_), last - first, true);
}

void TcpJudge::judge_acknowledgment(Sequence begin, Sequence end) const {
  for (Sequence number = later(begin, peer_initial_); number < end; number += 1) {
    const uint32_t at = number - peer_initial_;
    expect(at < given_.size() && given_[at], "what never came is acknowledged");
  }
}

void TcpJudge::judge_payload(const Connection& connection, const SegmentOut& segment) {
  std::vector<std::byte> bytes(segment.payload_bytes);
  expect(segment.payload_offset + bytes.size() <= connection.to_send().size(),
         "a payload is not there");
  connection.to_send().copy_to(segment.payload_offset, bytes);
  for (uint32_t i = 0; i < bytes.size(); ++i) {
    expect(bytes[i] == byte_at(segment.sequence + i), "another byte is sent than was written");
  }
  const bool one = segment.has(tcp_flag::syn) || segment.has(tcp_flag::fin);
  const Sequence end = segment.sequence + segment.payload_bytes + (one ? 1 : 0);
  if (end <= sent_end_) return;
  sent_end_ = end;
  if (segment.has(tcp_flag::syn)) return;
  const Sequence edge = connection.send_unacknowledged() + connection.peer_window_bytes();
  expect(end <= edge, "more is sent than the peer's window takes");
}

// RFC 7323, 2.4: what is said may be rounded.
void TcpJudge::judge_window(const SegmentOut& segment) {
  const uint32_t shift = segment.has(tcp_flag::syn) || !peer_scales_ ? 0 : our_shift_;
  const Sequence edge = segment.acknowledgment + (uint32_t{segment.window} << shift);
  expect(!edge_known_ || edge + (1u << shift) > edge_, "the window's edge moves back");
  edge_ = edge_known_ ? later(edge_, edge) : edge;
  edge_known_ = true;
}

void TcpJudge::judge(const Connection& connection, const SegmentOut& segment) {
  if (segment.has(tcp_flag::rst)) {
    expect(connection.state() == TcpState::closed && ++resets_ == 1,
           "a second reset, or too early");
    return;
  }
  expect(connection.state() != TcpState::closed, "a closed connection sends");
  if (segment.has(tcp_flag::syn)) our_shift_ = options_of(segment).window_scale;
  judge_payload(connection, segment);
  if (!segment.has(tcp_flag::ack)) return;
  judge_acknowledgment(peer_initial_, segment.acknowledgment);
  judge_window(segment);
  const SegmentOptions options = options_of(segment);
  for (const SequenceRange& block : options.sack_blocks()) {
    judge_acknowledgment(block.begin, block.end);
  }
}

void TcpJudge::judge_taken(const Connection& connection) const {
  const Sequence edge = edge_ + 1;  // a FIN may be just behind it
  expect(!edge_known_ || connection.receive_next() <= edge, "more is taken than was offered");
}

void TcpJudge::judge_read(const Chain& bytes) {
  std::vector<std::byte> all(bytes.size());
  bytes.copy_to(0, all);
  for (const std::byte byte : all) {
    const Sequence number = peer_initial_ + 1 + static_cast<uint32_t>(read_bytes_++);
    expect(byte == byte_at(number), "another byte is read than came");
  }
}

void TcpJudge::judge_rest(const Connection& connection) const {
  expect(connection.consistent(), "the ranges in flight are not consistent");
  const uint64_t limit = settings_.receive_buffer_max_bytes;
  expect(connection.received().size() <= limit / 2, "more is received than was offered");
  // A slice of 512 bytes and one of a few behind it pin two blocks, five times what they are.
  expect(connection.received().pinned_bytes() <= 3 * limit, "the receiver pins too much");
  if (connection.state() != TcpState::closed) return;
  expect(connection.deadline() == Connection::never, "a closed connection waits");
  expect(connection.scoreboard().empty() && connection.to_send().empty(),
         "a closed connection keeps");
}

}  // namespace weft::fuzz
