#include "dataplane/http/h1_response_decoder.h"

#include <utility>

#include "dataplane/http/h1_field_lines.h"
#include "dataplane/http/h1_head_bytes.h"
#include "dataplane/http/h1_status_line.h"

namespace weft {
namespace {

H1Body body_of(const ResponseHead& head, bool chunked) {
  switch (head.body) {
    case BodyKind::sized:
      return H1Body::sized(*head.content_length);
    case BodyKind::open:
      return chunked ? H1Body::chunked() : H1Body::until_end();
    case BodyKind::tunnel:
      return H1Body::until_end();
    case BodyKind::none:
      break;
  }
  return H1Body::none();
}

}  // namespace

void H1ResponseDecoder::expect(const RequestHead& request) {
  CHECK(state_ == State::idle);
  asked_ = Asked::by(request);
  state_ = State::waiting;
}

ResponseEvent H1ResponseDecoder::next(Chain& in, uint64_t credit_bytes) {
  switch (state_) {
    case State::idle:
      return NeedMore{};
    case State::waiting:
      if (!in.empty()) state_ = State::head;
      [[fallthrough]];
    case State::head:
      return next_head(in);
    case State::body:
      return next_body(in, credit_bytes);
    case State::failed:
      break;
  }
  return reset_;
}

ResponseEvent H1ResponseDecoder::fail(Reset reset) {
  // That nothing was seen stays true.
  if (state_ != State::waiting) state_ = State::failed;
  keeps_alive_ = false;
  reset_ = reset;
  return reset;
}

ResponseEvent H1ResponseDecoder::next_head(Chain& in) {
  const LineLimits line_limits = {limits_.first_line_bytes_max, limits_.head_bytes_max,
                                  limits_.fields_max + 1, Refusal::status_line_malformed,
                                  Refusal::fields_too_long};
  switch (lines_.find(in, line_limits)) {
    case H1Lines::Found::more:
      if (!ended_) return NeedMore{};
      return fail({ResetReason::truncated});
    case H1Lines::Found::refused:
      return refuse(lines_.refusal());
    case H1Lines::Found::whole:
      break;
  }
  return head_event(in);
}

// One object from here to the caller, since moving a head costs as much as reading three fields.
ResponseEvent H1ResponseDecoder::head_event(Chain& in) {
  ResponseEvent event(std::in_place_type<ResponseHead>);
  ResponseHead& head = std::get<ResponseHead>(event);
  const Refusal refusal = read_head(in, head);
  if (refusal != Refusal::none) {
    event = refuse(refusal);
  } else if (head.is_interim()) {
    event = Interim{std::move(head)};
  }
  return event;
}

Refusal H1ResponseDecoder::read_head(Chain& in, ResponseHead& head) {
  const uint32_t bytes = lines_.block_bytes();
  head.fields = take_head_bytes(in, bytes, lines_.lines());
  lines_ = {};
  const StatusLine line = read_status_line(head);
  if (line.refusal != Refusal::none) return line.refusal;
  const Refusal fields = read_field_lines(head.fields, line.bytes, bytes);
  if (fields != Refusal::none) return fields;
  const HeadMeaning meaning = read_meaning(head, asked_);
  if (meaning.refusal != Refusal::none || head.is_interim()) return meaning.refusal;
  keeps_alive_ = meaning.keeps_alive && head.body != BodyKind::tunnel;
  body_ = body_of(head, meaning.chunked);
  state_ = State::body;
  return Refusal::none;
}

ResponseEvent H1ResponseDecoder::next_body(Chain& in, uint64_t credit_bytes) {
  H1Body::Event event = body_.next(in, credit_bytes, ended_, limits_);
  if (std::holds_alternative<End>(event)) state_ = State::idle;
  if (const Reset* reset = std::get_if<Reset>(&event)) return fail(*reset);
  return std::visit([](auto& taken) -> ResponseEvent { return std::move(taken); }, event);
}

}  // namespace weft
