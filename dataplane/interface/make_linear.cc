#include "dataplane/interface/make_linear.h"

#include <rte_mbuf.h>

namespace weft {

bool make_linear(Packet& packet, rte_mempool& buffers) {
  rte_mbuf* before = packet.buffer();
  rte_mbuf* copy = rte_pktmbuf_copy(before, &buffers, 0, UINT32_MAX);
  if (copy == nullptr) return false;
  if (copy->nb_segs > 1) {
    rte_pktmbuf_free(copy);
    return false;
  }
  rte_pktmbuf_free(before);
  packet = Packet(copy);
  return true;
}

}  // namespace weft
