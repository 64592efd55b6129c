// What a gateway without any policy does: decodes whole messages and encodes them again. For tests.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/bytes/chain.h"
#include "dataplane/http/h1_request_decoder.h"
#include "dataplane/http/h1_request_encoder.h"
#include "dataplane/http/h1_response_decoder.h"
#include "dataplane/http/h1_response_encoder.h"

namespace weft::test {

// What became of the bytes of a connection.
struct Outcome {
  std::string forwarded;  // all messages that were whole
  uint32_t messages = 0;
  Refusal refusal = Refusal::none;
  std::string left;  // what nobody took
  bool idle = false;
  bool keeps_alive = true;

  bool operator==(const Outcome&) const = default;
};

// Bytes that somebody else keeps, which end where they end: what is behind them is poison.
inline Slice borrowed(std::string_view text) {
  return Slice::of_static(text);
}

// Gives the bytes piece by piece. Tunnels are refused. How bodies came is forgotten: a chunked one
// is one chunk.
Outcome forward_requests(std::span<const Slice> pieces, const HttpLimits& limits = {},
                         const RequestRules& rules = {});

// All pieces answer the requests, in their order. `ended` says that nothing comes behind them.
Outcome forward_responses(std::span<const Slice> pieces, std::span<const RequestHead> requests,
                          bool ended);

// A request as encoders make it from a decoder's: for what is answered.
RequestHead request_of(Method method);

}  // namespace weft::test
