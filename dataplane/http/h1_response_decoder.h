// Bytes of an instance's connection into responses. RFC 9112. Thread safety: one worker.
//
// Each response answers the request that was told last: what its bytes mean depends on that. What
// comes while none is expected stays in the chain; the owner closes a connection where it does.
#pragma once

#include <cstdint>

#include "dataplane/bytes/chain.h"
#include "dataplane/http/exchange.h"
#include "dataplane/http/h1_body.h"
#include "dataplane/http/h1_lines.h"
#include "dataplane/http/h1_semantics.h"
#include "dataplane/http/limits.h"

namespace weft {

class H1ResponseDecoder {
 public:
  explicit H1ResponseDecoder(const HttpLimits& limits = {}) : limits_(limits) {}

  // Requires: the response to the one before is complete.
  void expect(const RequestHead& request);
  ResponseEvent next(Chain& in, uint64_t credit_bytes = credit_bytes_max);
  // No more bytes will come than are in the chain.
  void end_input() { ended_ = true; }

  // Nothing is expected.
  bool is_idle() const { return state_ == State::idle; }
  // Nothing of the response was seen: a request may be sent again elsewhere.
  bool is_unanswered() const { return state_ == State::waiting; }
  // Whether the connection goes on behind the last response whose head was given.
  bool keeps_alive() const { return keeps_alive_; }

 private:
  enum class State : uint8_t { idle, waiting, head, body, failed };

  ResponseEvent next_head(Chain& in);
  ResponseEvent head_event(Chain& in);
  Refusal read_head(Chain& in, ResponseHead& head);
  ResponseEvent next_body(Chain& in, uint64_t credit_bytes);
  ResponseEvent fail(Reset reset);
  ResponseEvent refuse(Refusal refusal) { return fail({ResetReason::refused, refusal}); }

  HttpLimits limits_;
  Asked asked_;
  State state_ = State::idle;
  bool ended_ = false;
  bool keeps_alive_ = true;
  H1Lines lines_;
  H1Body body_ = H1Body::none();
  Reset reset_{};
};
static_assert(DecodesResponses<H1ResponseDecoder>);

}  // namespace weft
