#include "dataplane/interface/dpdk_transmit.h"

#include <rte_ip.h>
#include <rte_mbuf.h>

namespace weft {

bool fits_device(Packet packet, const Offloads& device) {
  const rte_mbuf* buffer = packet.buffer();
  const bool segments = buffer->nb_segs > 1 && !device.multi_segment;
  const bool checksum = (buffer->ol_flags & RTE_MBUF_F_TX_IP_CKSUM) != 0 && !device.tx_ip_checksum;
  return !segments && !checksum;
}

static bool make_linear(Packet& packet, rte_mempool& buffers) {
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

// Requires, as the flag does: l2_len and l3_len are set, and the header is in the first segment.
static void fill_ip_checksum(Packet packet) {
  rte_mbuf* buffer = packet.buffer();
  auto* header = reinterpret_cast<rte_ipv4_hdr*>(packet.data() + buffer->l2_len);
  header->hdr_checksum = 0;
  header->hdr_checksum = rte_ipv4_cksum(header);
  buffer->ol_flags &= ~RTE_MBUF_F_TX_IP_CKSUM;
}

bool fit_to_device(Packet& packet, const Offloads& device, rte_mempool& buffers) {
  if (packet.buffer()->nb_segs > 1 && !device.multi_segment && !make_linear(packet, buffers)) {
    return false;
  }
  if ((packet.buffer()->ol_flags & RTE_MBUF_F_TX_IP_CKSUM) != 0 && !device.tx_ip_checksum) {
    fill_ip_checksum(packet);
  }
  return true;
}

}  // namespace weft
