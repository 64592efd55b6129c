#include "tests/packet_pool.h"

#include <algorithm>
#include <span>

#include "dataplane/base/check.h"
#include "dataplane/wire/guarded.h"

namespace weft::test {

Packet PacketPool::make(const Bytes& frame, uint32_t segment_bytes) {
  std::span<const std::byte> left = frame;
  rte_mbuf* first = nullptr;
  do {
    rte_mbuf* segment = rte_pktmbuf_alloc(&pool_.mempool());
    CHECK(segment != nullptr);
    const auto size =
        std::min<std::size_t>({left.size(), segment_bytes, rte_pktmbuf_tailroom(segment)});
    segment->data_len = static_cast<uint16_t>(size);
    segment->pkt_len = segment->data_len;
    guard(segment);
    std::copy_n(left.begin(), size, rte_pktmbuf_mtod(segment, std::byte*));
    left = left.subspan(size);
    if (first == nullptr) {
      first = segment;
    } else {
      CHECK(rte_pktmbuf_chain(first, segment) == 0);
    }
  } while (!left.empty());
  return Packet(first);
}

Bytes bytes_of(Packet packet) {
  Bytes out(packet.bytes());
  copy_frame(packet, out);
  return out;
}

void free_packet(Packet packet) {
  rte_pktmbuf_free(packet.buffer());
}

}  // namespace weft::test
