// Responses into bytes for a client of HTTP/1.0 or 1.1. RFC 9112. Thread safety: one worker.
#pragma once

#include "dataplane/bytes/chain.h"
#include "dataplane/http/exchange.h"
#include "dataplane/http/h1_body_writer.h"
#include "dataplane/http/h1_semantics.h"

namespace weft {

class H1ResponseEncoder {
 public:
  // What the next response answers. Requires: the one before is complete.
  void answer(const RequestHead& request);
  // For a request that could not be read.
  void answer_unread();
  // The connection ends behind the next response, which says so.
  void close_after() { close_ = true; }

  // Nothing is sent to clients of HTTP/1.0, which know no 1xx.
  void interim(const ResponseHead& head, Chain& out);
  // Requires: a 101 only if the request asked for its upgrade.
  void head(const ResponseHead& head, Chain& out);
  void data(Chain bytes, Chain& out) { body_.data(std::move(bytes), out); }
  void trailers(const Fields& trailers, Chain& out) { body_.trailers(trailers, out); }
  // Says whether the response is whole: else the connection has to be closed.
  bool end(Chain& out) { return body_.end(out); }

  // Whether the connection goes on behind the response whose head was written.
  bool keeps_alive() const { return !close_; }

 private:
  Asked asked_;
  HttpVersion version_ = HttpVersion::http1_1;  // of the request
  bool close_ = false;
  H1BodyWriter body_ = H1BodyWriter::none();
};
static_assert(EncodesResponses<H1ResponseEncoder>);

}  // namespace weft
