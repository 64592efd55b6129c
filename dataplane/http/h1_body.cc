#include "dataplane/http/h1_body.h"

#include <algorithm>

#include "dataplane/http/h1_field_lines.h"
#include "dataplane/http/h1_head_bytes.h"
#include "dataplane/http/hop_by_hop.h"

namespace weft {
namespace {

// RFC 9110, 6.5.1: what says where a message goes, who sends it and how it is read comes first or
// not at all.
constexpr FieldSet forbidden_in_trailers =
    hop_by_hop_fields |
    set_of(KnownField::trailer, KnownField::authorization, KnownField::www_authenticate,
           KnownField::cookie, KnownField::set_cookie, KnownField::content_type,
           KnownField::content_encoding, KnownField::content_range, KnownField::cache_control,
           KnownField::expect, KnownField::max_forwards, KnownField::range);

H1Body::Event waiting(bool ended) {
  if (ended) return Reset{ResetReason::truncated};
  return NeedMore{};
}

H1Body::Event refused(Refusal refusal) {
  return Reset{ResetReason::refused, refusal};
}

H1Body::Event trailers_of(Fields&& fields, uint32_t bytes) {
  const Refusal refusal = read_field_lines(fields, 0, bytes);
  if (refusal != Refusal::none) return refused(refusal);
  if (fields.has_any(forbidden_in_trailers)) return refused(Refusal::trailer_forbidden);
  return Trailers{std::move(fields)};
}

}  // namespace

H1Body::Event H1Body::next(Chain& in, uint64_t credit_bytes, bool ended, const HttpLimits& limits) {
  if (how_ == How::by_chunks) return next_chunks(in, credit_bytes, ended, limits);
  if (how_ == How::trailers) return next_trailers(in, ended, limits);
  const bool by_length = how_ == How::by_length;
  if (by_length && left_bytes_ == 0) return End{};
  if (in.empty()) return ended && !by_length ? Event(End{}) : waiting(ended);
  const uint64_t bytes = std::min(in.size(), by_length ? left_bytes_ : credit_bytes_max);
  const uint64_t n = std::min(bytes, credit_bytes);
  if (n == 0) return NeedMore{};
  if (by_length) left_bytes_ -= n;
  return Data{in.take_front(n)};
}

H1Body::Event H1Body::next_chunks(Chain& in, uint64_t credit_bytes, bool ended,
                                  const HttpLimits& limits) {
  Data data;
  const H1Chunked::Step step =
      chunks_.take(in, credit_bytes, limits.chunk_extension_bytes_max, data.bytes);
  // What follows is told when this has been taken.
  if (!data.bytes.empty()) return Event(std::move(data));
  if (step == H1Chunked::Step::refused) return refused(chunks_.refusal());
  // Without credit there may be bytes left that could complete the message.
  if (step == H1Chunked::Step::more) return waiting(ended && in.empty());
  how_ = How::trailers;
  return next_trailers(in, ended, limits);
}

H1Body::Event H1Body::next_trailers(Chain& in, bool ended, const HttpLimits& limits) {
  const LineLimits line_limits = {limits.trailer_bytes_max, limits.trailer_bytes_max,
                                  limits.fields_max, Refusal::trailers_too_long,
                                  Refusal::trailers_too_long};
  switch (lines_.find(in, line_limits)) {
    case H1Lines::Found::more:
      return waiting(ended);
    case H1Lines::Found::refused:
      return refused(lines_.refusal());
    case H1Lines::Found::whole:
      break;
  }
  const uint32_t bytes = lines_.block_bytes();
  if (lines_.lines() == 0) {
    in.drop_front(bytes);
    return End{};
  }
  how_ = How::by_length;  // of no more bytes
  return trailers_of(take_head_bytes(in, bytes, lines_.lines()), bytes);
}

}  // namespace weft
