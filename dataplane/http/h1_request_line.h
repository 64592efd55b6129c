// The first line of a request: method, target in its four forms, version. RFC 9112, 3.
#pragma once

#include <cstdint>

#include "dataplane/http/message.h"
#include "dataplane/http/refusal.h"

namespace weft {

// What the decoder is told of the connection, and of its listener's wishes.
struct RequestRules {
  Scheme scheme = Scheme::http;
  PathRules path;
};

struct RequestLine {
  Refusal refusal = Refusal::none;
  uint32_t bytes = 0;          // with CRLF
  bool has_authority = false;  // the target names it
};

// Reads the line at the front of the arena of the head's fields into the head. Requires: every LF
// there follows a CR, and an empty line ends them.
RequestLine read_request_line(RequestHead& head, const RequestRules& rules);

// "HTTP/1.1 " or the same without what is behind, as it stands at the end of a request line and at
// the front of a status line.
struct VersionText {
  static constexpr uint32_t bytes = 8;
  Refusal refusal;
  HttpVersion version;
};
// Requires: 8 bytes may be read.
VersionText read_version(const char* text);

}  // namespace weft
