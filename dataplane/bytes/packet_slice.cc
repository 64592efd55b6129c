#include "dataplane/bytes/packet_slice.h"

#include <rte_mbuf.h>

namespace weft {
namespace {

constexpr BufferKind packet_buffer{
    .share = [](void* buffer) { rte_mbuf_refcnt_update(static_cast<rte_mbuf*>(buffer), 1); },
    .release = [](void* buffer) { rte_pktmbuf_free_seg(static_cast<rte_mbuf*>(buffer)); },
};

}  // namespace

Slice packet_slice(rte_mbuf* buffer, std::span<const std::byte> bytes) {
  rte_mbuf_refcnt_update(buffer, 1);
  return {bytes, buffer, packet_buffer, buffer->buf_len};
}

}  // namespace weft
