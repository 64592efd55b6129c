// Packet buffers for tests, in which a sanitizer sees every access beyond a frame or after its end.
#pragma once

#include <cstdint>

#include "dataplane/interface/guarded_pool.h"
#include "dataplane/wire/packet.h"
#include "tests/packet_builder.h"

namespace weft::test {

// A guarded pool that knows how many buffers are out. Requires: the EAL is up.
class PacketPool {
 public:
  explicit PacketPool(uint32_t buffers = 1023) : pool_(buffers) {}

  // The frame in one buffer, or in segments of at most `segment_bytes`.
  Packet make(const Bytes& frame, uint32_t segment_bytes = UINT16_MAX);
  rte_mempool* get() { return &pool_.mempool(); }
  uint32_t buffers_out() const { return pool_.buffers() - pool_.free_buffers(); }

 private:
  GuardedPool pool_;
};

// The frame's bytes, of all segments.
Bytes bytes_of(Packet packet);
void free_packet(Packet packet);

}  // namespace weft::test
