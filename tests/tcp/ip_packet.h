// TCP segments as IPv4 packets, for tests that talk to a kernel.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dataplane/bytes/chain.h"
#include "dataplane/tcp/segment.h"
#include "dataplane/wire/ipv4.h"

namespace weft::test {

using IpPacket = std::vector<std::byte>;

struct Endpoint {
  be32 address;
  be16 port;
  bool operator==(const Endpoint&) const = default;
};

struct ReceivedSegment {
  Endpoint from;
  Endpoint to;
  SegmentIn segment;
};

// Nothing: it is no whole TCP segment, or its checksum is wrong.
std::optional<ReceivedSegment> parse_segment(const IpPacket& packet);
// `bytes`: those that the segment's payload is of.
IpPacket build_segment(Endpoint from, Endpoint to, const SegmentOut& segment, const Chain& bytes);
// The ports of a TCP packet, the lower one first; 0 of anything else.
uint32_t ports_of(const IpPacket& packet);
uint32_t sequence_of(const IpPacket& packet);

}  // namespace weft::test
