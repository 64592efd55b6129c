#include "dataplane/http/h1_request_decoder.h"

#include <utility>

#include "dataplane/http/h1_field_lines.h"
#include "dataplane/http/h1_head_bytes.h"
#include "dataplane/http/h1_semantics.h"

namespace weft {
namespace {

H1Body body_of(const RequestHead& head) {
  switch (head.body) {
    case BodyKind::sized:
      return H1Body::sized(*head.content_length);
    case BodyKind::open:
      return H1Body::chunked();
    case BodyKind::none:
    case BodyKind::tunnel:
      break;
  }
  return H1Body::none();
}

}  // namespace

RequestEvent H1RequestDecoder::next(Chain& in, uint64_t credit_bytes) {
  switch (state_) {
    case State::idle:
      if (in.empty()) return NeedMore{};
      state_ = State::head;
      [[fallthrough]];
    case State::head:
      return next_head(in);
    case State::body:
      return next_body(in, credit_bytes);
    case State::failed:
      return reset_;
    case State::tunnel_asked:
    case State::over:
      break;
  }
  return NeedMore{};
}

RequestEvent H1RequestDecoder::fail(Reset reset) {
  state_ = State::failed;
  keeps_alive_ = false;
  reset_ = reset;
  return reset;
}

// RFC 9112, 2.2: old clients send one behind a body. Says whether the line that follows may be
// read.
bool H1RequestDecoder::skip_empty_line(Chain& in) {
  if (skipped_line_ || in.empty() || in.piece_at(0)[0] != std::byte{'\r'}) return true;
  if (in.size() < 2) return false;
  if (in.piece_at(1)[0] != std::byte{'\n'}) return true;
  in.drop_front(2);
  skipped_line_ = true;
  return true;
}

RequestEvent H1RequestDecoder::next_head(Chain& in) {
  const bool may_read = skip_empty_line(in);
  const LineLimits line_limits = {limits_.first_line_bytes_max, limits_.head_bytes_max,
                                  limits_.fields_max + 1, Refusal::request_line_too_long,
                                  Refusal::fields_too_long};
  switch (may_read ? lines_.find(in, line_limits) : H1Lines::Found::more) {
    case H1Lines::Found::more:
      if (!ended_) return NeedMore{};
      return fail({ResetReason::truncated});
    case H1Lines::Found::refused:
      return refuse(lines_.refusal());
    case H1Lines::Found::whole:
      break;
  }
  if (lines_.lines() == 0) return refuse(Refusal::empty_line_repeated);
  return head_event(in);
}

// One object from here to the caller, since moving a head costs as much as reading three fields.
RequestEvent H1RequestDecoder::head_event(Chain& in) {
  RequestEvent event(std::in_place_type<RequestHead>);
  const Refusal refusal = read_head(in, std::get<RequestHead>(event));
  if (refusal != Refusal::none) event = refuse(refusal);
  return event;
}

Refusal H1RequestDecoder::read_head(Chain& in, RequestHead& head) {
  const uint32_t bytes = lines_.block_bytes();
  head.fields = take_head_bytes(in, bytes, lines_.lines());
  lines_ = {};
  skipped_line_ = false;
  const RequestLine line = read_request_line(head, rules_);
  if (line.refusal != Refusal::none) return line.refusal;
  const Refusal fields = read_field_lines(head.fields, line.bytes, bytes);
  if (fields != Refusal::none) return fields;
  const HeadMeaning meaning = read_meaning(head, line.has_authority);
  if (meaning.refusal != Refusal::none) return meaning.refusal;
  keeps_alive_ = meaning.keeps_alive;
  body_ = body_of(head);
  state_ = head.body == BodyKind::tunnel ? State::tunnel_asked : State::body;
  return Refusal::none;
}

RequestEvent H1RequestDecoder::next_body(Chain& in, uint64_t credit_bytes) {
  H1Body::Event event = body_.next(in, credit_bytes, ended_, limits_);
  if (std::holds_alternative<End>(event)) state_ = keeps_alive_ ? State::idle : State::over;
  if (const Reset* reset = std::get_if<Reset>(&event)) return fail(*reset);
  return std::visit([](auto& taken) -> RequestEvent { return std::move(taken); }, event);
}

void H1RequestDecoder::accept_tunnel() {
  CHECK(state_ == State::tunnel_asked);
  keeps_alive_ = false;
  body_ = H1Body::until_end();
  state_ = State::body;
}

void H1RequestDecoder::refuse_tunnel() {
  CHECK(state_ == State::tunnel_asked);
  body_ = H1Body::none();
  state_ = State::body;
}

}  // namespace weft
