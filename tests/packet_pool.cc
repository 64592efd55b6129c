#include "tests/packet_pool.h"

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <span>
#include <string>

#include "dataplane/base/check.h"
#include "dataplane/wire/guarded.h"

namespace weft::test {

PacketPool::PacketPool(uint32_t buffers) {
  static std::atomic<uint32_t> serial{0};
  const std::string name = "packets_" + std::to_string(serial++);
  pool_ = rte_pktmbuf_pool_create(name.c_str(), buffers, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
  CHECK(pool_ != nullptr);
}

PacketPool::~PacketPool() {
  // The pool's memory goes back to DPDK, which must be able to use it.
  rte_mempool_obj_iter(
      pool_,
      [](rte_mempool*, void*, void* buffer, unsigned) {
        unguard(static_cast<const rte_mbuf*>(buffer));
      },
      nullptr);
  rte_mempool_free(pool_);
}

Packet PacketPool::make(const Bytes& frame, uint32_t segment_bytes) const {
  rte_mbuf* first = nullptr;
  std::span<const std::byte> left = frame;
  do {
    rte_mbuf* segment = rte_pktmbuf_alloc(pool_);
    CHECK(segment != nullptr);
    const auto size = static_cast<uint16_t>(
        std::min<std::size_t>({left.size(), segment_bytes, rte_pktmbuf_tailroom(segment)}));
    unguard(segment);
    segment->data_len = size;
    segment->pkt_len = size;
    if (size != 0) std::memcpy(rte_pktmbuf_mtod(segment, void*), left.data(), size);
    left = left.subspan(size);
    if (first == nullptr) {
      first = segment;
    } else {
      CHECK(rte_pktmbuf_chain(first, segment) == 0);
    }
  } while (!left.empty());
  guard(first);
  return Packet(first);
}

uint32_t PacketPool::buffers_out() const {
  return rte_mempool_in_use_count(pool_);
}

Bytes bytes_of(Packet packet) {
  Bytes out;
  for (const rte_mbuf* at = packet.buffer(); at != nullptr; at = at->next) {
    const auto* first = rte_pktmbuf_mtod(at, const std::byte*);
    out.insert(out.end(), first, first + at->data_len);
  }
  return out;
}

void free_packet(Packet packet) {
  free_guarded(packet.buffer());
}

}  // namespace weft::test
