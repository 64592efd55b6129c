// The body of one message as HTTP/1 sends it: raw, or in chunks. The bytes are passed on as they
// are; only sizes are added. RFC 9112, 7.1.
#pragma once

#include <cstdint>

#include "dataplane/bytes/chain.h"
#include "dataplane/http/fields.h"

namespace weft {

class H1BodyWriter {
 public:
  static H1BodyWriter none() { return H1BodyWriter(How::none, 0); }
  static H1BodyWriter sized(uint64_t bytes) { return H1BodyWriter(How::sized, bytes); }
  static H1BodyWriter chunked() { return H1BodyWriter(How::chunked, 0); }
  static H1BodyWriter until_end() { return H1BodyWriter(How::until_end, 0); }

  bool is_chunked() const { return how_ == How::chunked; }

  // Requires: a sized body gets no more than it has left.
  void data(Chain bytes, Chain& out);
  // Nothing but chunks has a place for them.
  void trailers(const Fields& trailers, Chain& out);
  // Says whether the message is whole: else its connection has to be closed.
  bool end(Chain& out);

 private:
  enum class How : uint8_t { none, sized, chunked, until_end };

  H1BodyWriter(How how, uint64_t left_bytes) : how_(how), left_bytes_(left_bytes) {}

  How how_;
  bool last_chunk_sent_ = false;
  uint64_t left_bytes_;
};

}  // namespace weft
