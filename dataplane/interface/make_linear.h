// Frames of several segments made one, for devices that take only such.
#pragma once

#include "dataplane/wire/packet.h"

struct rte_mempool;

namespace weft {

// Puts a buffer from `buffers` with the whole frame in the packet's place. False when that is
// impossible (no buffer, or a frame larger than one): the packet is as it was.
bool make_linear(Packet& packet, rte_mempool& buffers);

}  // namespace weft
