#include "pipelines/l4/held_segments.h"

#include <algorithm>

namespace weft {

HeldSegments::~HeldSegments() {
  for (uint32_t i = 0; i < size_; ++i) rte_pktmbuf_free(segments_[i].packet.buffer());
}

bool HeldSegments::put(Packet packet, uint16_t interface, const StreamSides& sides, Instant now) {
  if (size_ == segments_max) return false;
  const Instant until = now + wait_max;
  next_ = size_ == 0 ? until : std::min(next_, until);
  segments_[size_++] = {packet, interface, sides, until};
  return true;
}

bool HeldSegments::holds(const StreamSides& sides) const {
  return std::any_of(segments_.begin(), segments_.begin() + size_,
                     [&](const Segment& segment) { return segment.sides == sides; });
}

void HeldSegments::let_go(const StreamSides& sides) {
  for (uint32_t i = 0; i < size_; ++i) {
    if (segments_[i].sides == sides) segments_[i].until = next_ = Instant::min();
  }
}

uint32_t HeldSegments::release(Burst& burst, Instant now) {
  if (size_ == 0 || now < next_) return 0;
  uint32_t released = 0;
  uint32_t kept = 0;
  uint16_t interface = 0;
  next_ = Instant::max();
  for (uint32_t i = 0; i < size_; ++i) {
    const Segment& segment = segments_[i];
    const bool fits =
        released < Burst::packets_max && (released == 0 || segment.interface == interface);
    if (segment.until <= now && fits) {
      interface = segment.interface;
      burst.packets[released++] = segment.packet;
      continue;
    }
    next_ = std::min(next_, segment.until);
    segments_[kept++] = segment;
  }
  size_ = kept;
  if (released != 0) burst.start(released, interface);
  return released;
}

}  // namespace weft
