// Packet buffers that a sanitizer can see into, for tests, simulation and fuzzing (STYLE.md, rule
// 5). Under AddressSanitizer a free buffer is poisoned from end to end and frames have exact size:
// touching one byte beyond a frame, or a frame that was given away, is reported. Buffers are reused
// in the order they were freed, so that a stale handle meets poison for long. Without the sanitizer
// a pool like any other, only slower.
#pragma once

#include <rte_mempool.h>

#include <cstdint>
#include <memory>
#include <span>

#include "dataplane/wire/packet.h"

namespace weft {

// Thread safety: as rte_mempool (any thread allocates and frees). Requires: the EAL runs; outlives
// its buffers.
class GuardedPool {
 public:
  explicit GuardedPool(uint32_t buffers, uint16_t data_room_bytes = RTE_MBUF_DEFAULT_BUF_SIZE);
  ~GuardedPool();
  GuardedPool(const GuardedPool&) = delete;
  GuardedPool& operator=(const GuardedPool&) = delete;

  rte_mempool& mempool() { return *pool_; }
  uint32_t buffers() const { return pool_->size; }
  uint32_t free_buffers() const { return rte_mempool_avail_count(pool_); }

 private:
  rte_mempool* pool_;
};

// A frame of these bytes and not one more, in a buffer of the pool; in several segments when it
// does not fit in one. Packet::buffer() is null when the pool is empty. The pool may be any.
Packet new_frame(rte_mempool& pool, std::span<const std::byte> bytes);

// The bytes of all segments. Requires: out.size() == packet.bytes().
void copy_frame(Packet packet, std::span<std::byte> out);

// seal: from now on nobody may touch any byte of the packet, its owner gave it away. unseal: its
// new owner may touch the frame again.
void seal(Packet packet);
void unseal(Packet packet);

}  // namespace weft
