#include "dataplane/http/h1_chunked.h"

#include <algorithm>

namespace weft {
namespace {

constexpr uint8_t digits_max = 15;

constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char letter = static_cast<char>(c | 0x20);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

constexpr bool is_control(char c) {
  const auto byte = static_cast<uint8_t>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

}  // namespace

void H1Chunked::size_digit(char c) {
  const int value = hex_value(c);
  if (value < 0) return behind_size(c);
  if (digits_ == digits_max) return refuse(Refusal::chunk_size_overflow);
  ++digits_;
  left_bytes_ = left_bytes_ << 4 | static_cast<uint64_t>(value);
  state_ = State::size;
}

void H1Chunked::behind_size(char c) {
  if (c == '\n') return refuse(Refusal::bare_lf);
  if (digits_ == 0) return refuse(Refusal::chunk_size_malformed);
  if (c == '\r') {
    state_ = State::size_lf;
  } else if (c == ';') {
    state_ = State::extension;
  } else {
    refuse(Refusal::chunk_size_malformed);
  }
}

void H1Chunked::extension_byte(char c, uint32_t extension_bytes_max) {
  if (c == '\r') {
    state_ = State::size_lf;
  } else if (c == '\n') {
    refuse(Refusal::bare_lf);
  } else if (is_control(c)) {
    refuse(Refusal::chunk_extension_malformed);
  } else if (++extension_bytes_ > extension_bytes_max) {
    refuse(Refusal::chunk_extension_too_long);
  }
}

void H1Chunked::line_byte(char c, uint32_t extension_bytes_max) {
  switch (state_) {
    case State::size_first:
      left_bytes_ = extension_bytes_ = digits_ = 0;
      return size_digit(c);
    case State::size:
      return size_digit(c);
    case State::extension:
      return extension_byte(c, extension_bytes_max);
    case State::size_lf:
      if (c != '\n') return refuse(Refusal::bare_cr);
      state_ = left_bytes_ == 0 ? State::ended : State::bytes;
      return;
    case State::cr:
      if (c != '\r') return refuse(Refusal::chunk_end_malformed);
      state_ = State::lf;
      return;
    case State::lf:
      if (c != '\n') return refuse(Refusal::chunk_end_malformed);
      state_ = State::size_first;
      return;
    default:
      return;
  }
}

H1Chunked::Step H1Chunked::take(Chain& in, uint64_t credit_bytes, uint32_t extension_bytes_max,
                                Chain& data) {
  while (state_ != State::ended && state_ != State::refused && !in.empty()) {
    if (state_ == State::bytes) {
      const uint64_t n = std::min({left_bytes_, in.size(), credit_bytes});
      if (n == 0) return Step::more;
      data.append(in.take_front(n));
      credit_bytes -= n;
      left_bytes_ -= n;
      if (left_bytes_ == 0) state_ = State::cr;
      continue;
    }
    const std::span<const std::byte> piece = in.piece_at(0);
    std::size_t i = 0;
    while (i < piece.size() && in_line())
      line_byte(static_cast<char>(piece[i++]), extension_bytes_max);
    in.drop_front(i);
  }
  if (state_ == State::refused) return Step::refused;
  return state_ == State::ended ? Step::ended : Step::more;
}

}  // namespace weft
