#include "dataplane/wire/l4_checksum.h"

#include <algorithm>

#include "dataplane/wire/checksum.h"
#include "dataplane/wire/udp.h"

namespace weft {

static void add_packet_bytes(InternetSum& sum, Packet packet, uint32_t offset, uint32_t count) {
  for (const rte_mbuf* at = packet.buffer();; at = at->next) {
    const std::span<const std::byte> segment(rte_pktmbuf_mtod(at, const std::byte*), at->data_len);
    const uint32_t skip = std::min<uint32_t>(offset, at->data_len);
    const uint32_t take = std::min<uint32_t>(count, at->data_len - skip);
    sum.add(segment.subspan(skip, take));
    offset -= skip;
    count -= take;
    if (count == 0 || at->next == nullptr) return;  // `next` is in a cache line of its own
  }
}

InternetSum sum_of_bytes(Packet packet, uint32_t offset, uint32_t count) {
  InternetSum sum;
  add_packet_bytes(sum, packet, offset, count);
  return sum;
}

bool l4_checksum_verifies(Packet packet, const Headers& headers) {
  uint32_t l4_bytes = headers.ip_bytes - (headers.l4_offset - headers.ip_offset);
  if (headers.protocol == Protocol::udp) {
    const auto udp = UdpView::parse(packet.linear().subspan(headers.l4_offset), l4_bytes);
    if (!udp) return false;
    if (udp->checksum() == be16(0)) return headers.v4;
    l4_bytes = udp->length_bytes();
  }
  InternetSum sum;
  if (headers.protocol != Protocol::icmp) {
    sum = pseudo_header_sum(headers.source, headers.destination, headers.protocol, l4_bytes);
  }
  add_packet_bytes(sum, packet, headers.l4_offset, l4_bytes);
  return sum.verifies();
}

}  // namespace weft
