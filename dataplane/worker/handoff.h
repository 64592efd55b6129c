// Rings between workers: one for every ordered pair, bounded. They carry packets whose flow another
// worker owns, and packets for an interface of which another worker owns the queue.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/interface/spsc_ring.h"
#include "dataplane/wire/headers.h"
#include "dataplane/wire/packet.h"

namespace weft {

enum class Purpose : uint8_t {
  process,   // came in on `interface`, goes through the receiver's pipeline
  transmit,  // leaves on `interface`
  twin,      // to the kernel, on the twin of `interface`
};

struct HandOff {
  Packet packet;
  uint16_t interface = 0;
  Purpose purpose = Purpose::process;
  // Of the datagram of which the packet is a piece (Burst::followed); none: it is not.
  Protocol protocol = Protocol::none;
  be16 source_port;
  be16 destination_port;
};
static_assert(sizeof(HandOff) == 16);

// Owns the packets in its rings.
// Thread safety: push to ring(a, b) only on worker a, pop only on worker b.
class HandOffRings {
 public:
  // Requires: workers in 1 to workers_max.
  explicit HandOffRings(uint32_t workers, uint32_t ring_packets_max = 1024);
  ~HandOffRings();
  HandOffRings(const HandOffRings&) = delete;
  HandOffRings& operator=(const HandOffRings&) = delete;

  uint32_t workers() const { return workers_; }
  // Requires: from != to.
  SpscRing<HandOff>& ring(uint32_t from, uint32_t to) { return *rings_[from * workers_ + to]; }
  // Packets in all rings; exact while no worker runs.
  uint32_t packets() const;

 private:
  uint32_t workers_;
  std::vector<std::unique_ptr<SpscRing<HandOff>>> rings_;  // null from a worker to itself
};

}  // namespace weft
