// Slices of packet buffers: payload that stays where the device wrote it.
#pragma once

#include <cstddef>
#include <span>

#include "dataplane/bytes/slice.h"

struct rte_mbuf;

namespace weft {

// A slice of one segment of a packet, which lives until the last slice of it is gone. The packet's
// owner keeps its own share: a buffer has one count for all its segments' owners.
// Requires: `bytes` lie in the segment `buffer`.
Slice packet_slice(rte_mbuf* buffer, std::span<const std::byte> bytes);

}  // namespace weft
