// A frame in a DPDK buffer: a handle, not an owner (the burst or ring that holds it owns it).
// The headers are in the first segment; jumbo frames may have more.
#pragma once

#include <rte_mbuf.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/poison.h"

namespace weft {

class Packet {
 public:
  Packet() = default;
  explicit Packet(rte_mbuf* buffer) : buffer_(buffer) {}

  // The first segment.
  std::byte* data() const { return rte_pktmbuf_mtod(buffer_, std::byte*); }
  uint32_t linear_bytes() const { return rte_pktmbuf_data_len(buffer_); }
  std::span<std::byte> linear() const { return {data(), linear_bytes()}; }
  // All segments.
  uint32_t bytes() const { return rte_pktmbuf_pkt_len(buffer_); }

  uint32_t headroom_bytes() const { return rte_pktmbuf_headroom(buffer_); }

  // Requires: n <= headroom_bytes(). Returns the new first byte.
  std::byte* prepend(uint32_t n) const {
    auto* first =
        reinterpret_cast<std::byte*>(rte_pktmbuf_prepend(buffer_, static_cast<uint16_t>(n)));
    unpoison(first, n);
    return first;
  }
  // Requires: n <= linear_bytes(). Returns the new first byte.
  std::byte* trim_front(uint32_t n) const {
    poison(data(), n);
    return reinterpret_cast<std::byte*>(rte_pktmbuf_adj(buffer_, static_cast<uint16_t>(n)));
  }
  // Makes a one-segment frame exactly n bytes long. Requires: n is at most linear_bytes() and the
  // tailroom.
  void resize(uint32_t n) const {
    const uint32_t before = linear_bytes();
    buffer_->data_len = static_cast<uint16_t>(n);
    buffer_->pkt_len = n;
    if (n > before) unpoison(data() + before, n - before);
    if (n < before) poison(data() + n, before - n);
  }

  rte_mbuf* buffer() const { return buffer_; }

 private:
  rte_mbuf* buffer_ = nullptr;
};

static_assert(sizeof(Packet) == sizeof(rte_mbuf*), "arrays of packets go to DPDK as they are");

}  // namespace weft
