// What the fields of an HTTP/1 head mean for the connection: where the body ends, whose request it
// is, whether the connection goes on. RFC 9112, 3.2, 6, 9.3; RFC 9110, 7.8.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "dataplane/http/message.h"
#include "dataplane/http/refusal.h"

namespace weft {

struct Framing {
  Refusal refusal = Refusal::none;
  bool chunked = false;
  std::optional<uint64_t> content_length;

  bool is_said() const { return chunked || content_length; }
};

Framing read_framing(const Fields& fields, HttpVersion version);

// What a decoder keeps of a head besides the head itself.
struct HeadMeaning {
  Refusal refusal = Refusal::none;
  bool chunked = false;
  bool keeps_alive = true;
};

// Completes the head from its fields and takes out those that are not passed on. `target_authority`
// says that the target named an authority, which is in the head.
HeadMeaning read_meaning(RequestHead& head, bool target_authority);

// What a response answers.
struct Asked {
  bool head = false;
  bool connect = false;
  Upgrade upgrade = Upgrade::none;

  static Asked by(const RequestHead& request) {
    return {request.method == Method::head, request.method == Method::connect, request.upgrade};
  }
};

// The same for a response. A body of kind `open` that is not chunked ends with the connection.
HeadMeaning read_meaning(ResponseHead& head, const Asked& asked);

}  // namespace weft
