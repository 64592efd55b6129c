// Parses any frame step by step: the slow half of parse_headers, and its reference.
#pragma once

#include "dataplane/base/drop.h"
#include "dataplane/wire/headers.h"
#include "dataplane/wire/packet.h"
#include "pipelines/l4/parse_headers.h"

namespace weft {

// Fills `headers`, or says what the frame is dropped for (then `headers` means nothing).
Drop parse_any(Packet packet, const LinkFilter& link, Headers& headers);

}  // namespace weft
