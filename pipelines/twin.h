// Frames between an interface and its twin. The twin is untagged; the interface's VLAN tag (IEEE
// 802.1Q) comes off on the way to the kernel and goes on again on the way out.
#pragma once

#include <cstdint>
#include <optional>

#include "dataplane/wire/burst.h"

namespace weft {

// Takes the VLAN tag off the packets that go to the twin. Requires: no packet is live.
void untag_for_twin(Burst& burst);

// Frames that the kernel sent on the twin: out of the interface, tagged if it is in a VLAN.
// Drops: frame_truncated, no_headroom.
void send_from_twin(Burst& burst, std::optional<uint16_t> vlan_id);

}  // namespace weft
