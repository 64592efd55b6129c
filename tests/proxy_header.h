// What the PROXY protocol puts in front of a stream
// (haproxy.org/download/3.1/doc/proxy-protocol.txt, sections 2.1 and 2.2), by the addresses as they
// are written. Shares no code with pipelines.
#pragma once

#include <cstdint>
#include <string_view>

#include "pipelines/policy.h"
#include "tests/packet_builder.h"

namespace weft::test {

struct ProxySide {
  std::string_view address;
  uint16_t port = 0;
};

// Empty: `version` is not of the PROXY protocol.
Bytes proxy_header(ClientAddress version, ProxySide client, ProxySide listener);

}  // namespace weft::test
