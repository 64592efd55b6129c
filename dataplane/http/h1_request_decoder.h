// Bytes of a client's connection into requests. RFC 9112. Thread safety: one worker.
//
//   for (;;) {
//     RequestEvent event = decoder.next(received, credit_bytes);
//     ...
//   }
//
// Requests follow each other: behind End the next call begins the next one, unless the connection
// does not go on. What is not asked for stays in the chain, which nobody else takes from.
#pragma once

#include <cstdint>
#include <optional>

#include "dataplane/bytes/chain.h"
#include "dataplane/http/exchange.h"
#include "dataplane/http/h1_body.h"
#include "dataplane/http/h1_lines.h"
#include "dataplane/http/h1_request_line.h"
#include "dataplane/http/limits.h"

namespace weft {

class H1RequestDecoder {
 public:
  explicit H1RequestDecoder(const RequestRules& rules, const HttpLimits& limits = {})
      : rules_(rules), limits_(limits) {}

  RequestEvent next(Chain& in, uint64_t credit_bytes = credit_bytes_max);
  // No more bytes will come than are in the chain.
  void end_input() { ended_ = true; }

  // After a head whose body is a `tunnel`: until one of these, nothing of what follows is read.
  void accept_tunnel();
  void refuse_tunnel();

  // Between requests, and nothing of the next one was seen: a connection that may be closed.
  bool is_idle() const { return state_ == State::idle; }
  // Whether the connection goes on behind the last request whose head was given.
  bool keeps_alive() const { return keeps_alive_; }

 private:
  enum class State : uint8_t { idle, head, body, tunnel_asked, over, failed };

  RequestEvent next_head(Chain& in);
  RequestEvent head_event(Chain& in);
  Refusal read_head(Chain& in, RequestHead& head);
  RequestEvent next_body(Chain& in, uint64_t credit_bytes);
  bool skip_empty_line(Chain& in);
  RequestEvent fail(Reset reset);
  RequestEvent refuse(Refusal refusal) { return fail({ResetReason::refused, refusal}); }

  RequestRules rules_;
  HttpLimits limits_;
  State state_ = State::idle;
  bool ended_ = false;
  bool keeps_alive_ = true;
  bool skipped_line_ = false;
  H1Lines lines_;
  H1Body body_ = H1Body::none();
  Reset reset_{};
};
static_assert(DecodesRequests<H1RequestDecoder>);

}  // namespace weft
