// The events of an exchange (one request with its response), the same for every version of HTTP:
// what a decoder tells, and what an encoder is told.
//
// Who takes an exchange asks a decoder for its next event; who does not ask stops the peer, since
// what is not decoded stays in the connection's bytes and its window shuts. `credit_bytes` bounds
// the bytes of the next Data, so that a reader that is slow on the other side stops the writer
// here. A connection with many exchanges decodes the same events for each of them.
#pragma once

#include <concepts>
#include <cstdint>
#include <utility>
#include <variant>

#include "dataplane/bytes/chain.h"
#include "dataplane/http/message.h"
#include "dataplane/http/refusal.h"

namespace weft {

// The bytes (or the credit) end before the next event does.
struct NeedMore {};
// A 1xx response that is not the last word.
struct Interim {
  ResponseHead head;
};
struct Data {
  Chain bytes;
};
struct Trailers {
  Fields fields;
};
// The message is complete.
struct End {};

enum class ResetReason : uint8_t {
  refused,    // the peer sent what is no message, see the refusal
  truncated,  // the connection ended inside the message
};
// The exchange cannot go on. An HTTP/1 connection ends with it.
struct Reset {
  ResetReason reason;
  Refusal refusal = Refusal::none;
};

using RequestEvent = std::variant<NeedMore, RequestHead, Data, Trailers, End, Reset>;
using ResponseEvent = std::variant<NeedMore, ResponseHead, Interim, Data, Trailers, End, Reset>;

inline constexpr uint64_t credit_bytes_max = UINT64_MAX;

// A sound order is: RequestHead, Data*, Trailers?, End; for responses Interim*, ResponseHead,
// Data*, Trailers?, End; a Reset may take the place of anything that is yet to come.
template <class Decoder>
concept DecodesRequests = requires(Decoder decoder, Chain& in, uint64_t credit_bytes) {
  { decoder.next(in, credit_bytes) } -> std::same_as<RequestEvent>;
  decoder.accept_tunnel();  // the response agreed to what the request's head asked for
  decoder.refuse_tunnel();
};
template <class Decoder>
concept DecodesResponses = requires(Decoder decoder, const RequestHead& request, Chain& in,
                                    uint64_t credit_bytes) {
  decoder.expect(request);  // before its response
  { decoder.next(in, credit_bytes) } -> std::same_as<ResponseEvent>;
};

// Encoders take events in that order. Interim, Trailers and Data go nowhere where the version, the
// method or the status leaves no place for them.
template <class Encoder>
concept EncodesBodies = requires(Encoder encoder, Chain bytes, const Fields& trailers, Chain& out) {
  encoder.data(std::move(bytes), out);
  encoder.trailers(trailers, out);
  encoder.end(out);
};
template <class Encoder>
concept EncodesRequests = EncodesBodies<Encoder> &&
    requires(Encoder encoder, const RequestHead& head, Chain& out) {
  encoder.head(head, out);
  encoder.begin_tunnel();
};
template <class Encoder>
concept EncodesResponses = EncodesBodies<Encoder> &&
    requires(Encoder encoder, const RequestHead& request, const ResponseHead& head, Chain& out) {
  encoder.answer(request);  // before its response
  encoder.interim(head, out);
  encoder.head(head, out);
};

}  // namespace weft
