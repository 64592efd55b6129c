// Frames between an interface and its twin. The twin is untagged; the interface's VLAN tag (IEEE
// 802.1Q) comes off on the way to the kernel and goes on again on the way out.
#pragma once

#include <cstdint>
#include <optional>

#include "dataplane/wire/burst.h"

namespace weft {

// Bit i: packet i goes to the twin. Requires: no packet is live.
uint32_t packets_for_twin(const Burst& burst);

// Takes the VLAN tag off the packets of `which`.
void untag_for_twin(Burst& burst, uint32_t which);

// Frames that the kernel sent on the twin: out of the interface, tagged if it is in a VLAN.
// Drops: frame_truncated, no_headroom.
void send_from_twin(Burst& burst, std::optional<uint16_t> vlan_id);

}  // namespace weft
