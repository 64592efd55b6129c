// Packet buffers for tests: guarded, so that a sanitizer sees every access beyond a frame or after
// its end (dataplane/wire/guarded.h).
#pragma once

#include <cstdint>

#include "dataplane/wire/packet.h"
#include "tests/packet_builder.h"

struct rte_mempool;

namespace weft::test {

// A pool of packet buffers that knows how many are out. Requires: the EAL is up.
class PacketPool {
 public:
  explicit PacketPool(uint32_t buffers = 1023);
  ~PacketPool();
  PacketPool(const PacketPool&) = delete;
  PacketPool& operator=(const PacketPool&) = delete;

  // The frame in one guarded buffer, or in segments of at most `segment_bytes`: a sanitizer sees
  // every access beyond a segment.
  Packet make(const Bytes& frame, uint32_t segment_bytes = UINT16_MAX) const;
  uint32_t buffers_out() const;
  rte_mempool* get() const { return pool_; }

 private:
  rte_mempool* pool_;
};

// The frame's bytes, of all segments.
Bytes bytes_of(Packet packet);
void free_packet(Packet packet);

}  // namespace weft::test
