// Makes packets what a device can send, in software where it must, so that the bytes on the wire do
// not depend on the device: one segment for devices without multi_segment, and the IPv4 header
// checksum where it was requested (RTE_MBUF_F_TX_IP_CKSUM) of a device that does not fill it in.
#pragma once

#include "dataplane/interface/interface.h"
#include "dataplane/wire/packet.h"

struct rte_mempool;

namespace weft {

// Whether anything has to be done. Cheap: for every packet.
bool fits_device(Packet packet, const Offloads& device);

// Does it; may put another buffer, from `buffers`, in the packet's place. False when that is
// impossible (no buffer, or a frame larger than one): the packet is as it was.
bool fit_to_device(Packet& packet, const Offloads& device, rte_mempool& buffers);

}  // namespace weft
