// A packet as an operator says it: "tcp 192.0.2.1:1234 > 203.0.113.10:80 ack ttl=1 bytes=1500".
//
//   PROTOCOL   tcp, udp, icmp (an echo request)
//   ADDRESS    with a port, but for icmp: 192.0.2.1:1234, [2001:db8::1]:1234
//   then       syn (what tcp has without any), ack, fin, rst, psh; ttl=64; bytes=N of the IP packet
//
// A pure function.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "dataplane/base/result.h"

namespace weft::mgmt {

// From the IP header on, with right checksums. Error: one sentence that names the word.
Result<std::vector<std::byte>> made_packet(std::string_view text);

}  // namespace weft::mgmt
