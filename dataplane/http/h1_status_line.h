// The first line of a response: version, status, reason. RFC 9112, 4.
#pragma once

#include <cstdint>

#include "dataplane/http/message.h"
#include "dataplane/http/refusal.h"

namespace weft {

struct StatusLine {
  Refusal refusal = Refusal::none;
  uint32_t bytes = 0;  // with CRLF
};

// Reads the line at the front of the arena of the head's fields into the head. The reason is
// dropped; it and the space before it may be missing. Requires: every LF there follows a CR, and an
// empty line ends them.
StatusLine read_status_line(ResponseHead& head);

// The registered reason, empty where there is none. RFC 9110, 15.
std::string_view reason_of(uint16_t status);

}  // namespace weft
