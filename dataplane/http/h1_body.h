// The body of one message, in the four ways in which HTTP/1 says where it ends. RFC 9112, 6 to 8.
#pragma once

#include <cstdint>
#include <variant>

#include "dataplane/bytes/chain.h"
#include "dataplane/http/exchange.h"
#include "dataplane/http/h1_chunked.h"
#include "dataplane/http/h1_lines.h"
#include "dataplane/http/limits.h"

namespace weft {

class H1Body {
 public:
  using Event = std::variant<NeedMore, Data, Trailers, End, Reset>;

  static H1Body none() { return H1Body(How::by_length, 0); }
  static H1Body sized(uint64_t bytes) { return H1Body(How::by_length, bytes); }
  static H1Body chunked() { return H1Body(How::by_chunks, 0); }
  static H1Body until_end() { return H1Body(How::until_end, 0); }

  // `ended` says that nothing will come behind what is in `in`. After End and Reset it is not
  // asked again.
  Event next(Chain& in, uint64_t credit_bytes, bool ended, const HttpLimits& limits);

 private:
  enum class How : uint8_t { by_length, by_chunks, trailers, until_end };

  H1Body(How how, uint64_t left_bytes) : how_(how), left_bytes_(left_bytes) {}

  Event next_chunks(Chain& in, uint64_t credit_bytes, bool ended, const HttpLimits& limits);
  Event next_trailers(Chain& in, bool ended, const HttpLimits& limits);

  How how_;
  uint64_t left_bytes_;
  H1Chunked chunks_;
  H1Lines lines_;
};

}  // namespace weft
