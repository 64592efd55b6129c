// The header of the PROXY protocol, by which an endpoint learns whom a connection is from: version
// 1 is a line of text, version 2 is binary (haproxy.org/download/3.1/doc/proxy-protocol.txt,
// sections 2.1 and 2.2).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "pipelines/l4/streams.h"

namespace weft {

inline constexpr uint32_t proxy_header_bytes_max = 107;  // section 2.1: the longest line

using ProxyHeader = std::array<std::byte, proxy_header_bytes_max>;

// Writes the header of a connection from the client to the listener and gives its length, which is
// always the same for the same sides. Requires: is_proxy(version); both are of one family.
uint32_t write_proxy_header(ProxyHeader& to, ClientAddress version, const StreamSides& sides);

}  // namespace weft
