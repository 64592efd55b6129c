#include "pipelines/twin.h"

#include <cstring>

#include "dataplane/base/byte_order.h"
#include "dataplane/wire/ethernet.h"

namespace weft {
namespace {

constexpr uint32_t tag_bytes = 4;
constexpr uint32_t addresses_bytes = 12;  // the tag follows the two MAC addresses

bool is_tagged(Packet packet) {
  return packet.linear_bytes() >= EthernetView::header_bytes + tag_bytes &&
         load<be16>(packet.data() + addresses_bytes) == be16(ether_type::vlan);
}

void remove_tag(Packet packet) {
  std::memmove(packet.data() + tag_bytes, packet.data(), addresses_bytes);
  packet.trim_front(tag_bytes);
}

// Priority 0, not drop eligible.
void add_tag(Packet packet, uint16_t vlan_id) {
  std::byte* frame = packet.prepend(tag_bytes);
  std::memmove(frame, frame + tag_bytes, addresses_bytes);
  store(frame + addresses_bytes, be16(ether_type::vlan));
  store(frame + addresses_bytes + 2, be16(vlan_id));
}

}  // namespace

uint32_t packets_for_twin(const Burst& burst) {
  uint32_t which = 0;
  for (uint32_t i = 0; i < burst.size; ++i) {
    which |= uint32_t{burst.outcomes[i].verdict == Verdict::twin} << i;
  }
  return which;
}

void untag_for_twin(Burst& burst, uint32_t which) {
  Burst::for_each(which, [&](uint32_t i) {
    if (is_tagged(burst.packets[i])) remove_tag(burst.packets[i]);
  });
}

void send_from_twin(Burst& burst, std::optional<uint16_t> vlan_id) {
  burst.for_each_live([&](uint32_t i) {
    const Packet packet = burst.packets[i];
    if (packet.linear_bytes() < EthernetView::header_bytes) {
      burst.drop(i, Drop::frame_truncated);
    } else if (vlan_id && packet.headroom_bytes() < tag_bytes) {
      burst.drop(i, Drop::no_headroom);
    } else {
      if (vlan_id) add_tag(packet, *vlan_id);
      burst.transmit(i, burst.interface);
    }
  });
}

}  // namespace weft
