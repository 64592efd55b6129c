// Connections whose two sides count differently: the endpoint gets a PROXY header before what the
// client says, or the client was answered by a SYN cookie.
#pragma once

#include <string>

#include "tests/fuzz/book.h"
#include "tests/fuzz/kept.h"
#include "tests/fuzz/services.h"

namespace weft::fuzz {

// What the endpoint gets before the client's first byte; `client`: the ends of its packets.
Bytes proxy_header(ClientAddress version, const Ends& client);

// What is wrong with a segment of such a connection, whatever numbers it has; empty: nothing.
std::string complaint_about_shifted(const Seen& in, const Seen& out, const Bytes& header);

// The same of what went to the endpoint in its own segment's place.
std::string complaint_about_turned(const Seen& out, const Bytes& header);

}  // namespace weft::fuzz
