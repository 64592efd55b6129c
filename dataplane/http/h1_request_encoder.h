// Requests into bytes for an instance, in HTTP/1.1. RFC 9112. Thread safety: one worker.
#pragma once

#include "dataplane/bytes/chain.h"
#include "dataplane/http/exchange.h"
#include "dataplane/http/h1_body_writer.h"

namespace weft {

class H1RequestEncoder {
 public:
  // The connection is not used again behind the next request, which says so.
  void close_after() { close_ = true; }

  void head(const RequestHead& head, Chain& out);
  // The response agreed to a tunnel: data is passed on as it is.
  void begin_tunnel() { body_ = H1BodyWriter::until_end(); }
  void data(Chain bytes, Chain& out) { body_.data(std::move(bytes), out); }
  void trailers(const Fields& trailers, Chain& out) { body_.trailers(trailers, out); }
  // Says whether the request is whole: else the connection has to be closed.
  bool end(Chain& out) { return body_.end(out); }

 private:
  H1BodyWriter body_ = H1BodyWriter::none();
  bool close_ = false;
};
static_assert(EncodesRequests<H1RequestEncoder>);

}  // namespace weft
