#include "dataplane/worker/handoff.h"

#include "dataplane/base/check.h"
#include "dataplane/base/ids.h"

namespace weft {

HandOffRings::HandOffRings(uint32_t workers, uint32_t ring_packets_max)
    : workers_(workers), rings_(workers * workers) {
  CHECK(workers > 0 && workers <= workers_max);
  for (uint32_t from = 0; from < workers; ++from) {
    for (uint32_t to = 0; to < workers; ++to) {
      if (from == to) continue;
      rings_[from * workers + to] = std::make_unique<SpscRing<HandOff>>(ring_packets_max);
    }
  }
}

HandOffRings::~HandOffRings() {
  for (const auto& ring : rings_) {
    HandOff left;
    while (ring != nullptr && ring->pop({&left, 1}) == 1) rte_pktmbuf_free(left.packet.buffer());
  }
}

uint32_t HandOffRings::packets() const {
  uint32_t packets = 0;
  for (const auto& ring : rings_) packets += ring == nullptr ? 0 : ring->size();
  return packets;
}

}  // namespace weft
