// Where frames enter and leave. One worker uses one queue; nothing here locks.
// The only inheritance of the data plane: a NIC, memory (tests), or a wrapper that injects faults.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/wire/packet.h"

namespace weft {

class Interface {
 public:
  virtual ~Interface() = default;

  virtual std::string_view name() const = 0;
  // Queue pairs, 1 to workers_max.
  virtual uint32_t queues() const = 0;
  virtual uint32_t mtu_bytes() const = 0;

  // Fills the front of `packets` with what has arrived on the queue and gives the number. The
  // caller owns them. Requires: queue < queues(); one thread a queue.
  virtual uint32_t receive(uint32_t queue, std::span<Packet> packets) = 0;

  // Takes packets in their order and gives the number taken; those belong to the interface now.
  // What it does not take stands behind them in `packets` afterwards and is still the caller's.
  // Requires: as receive.
  virtual uint32_t transmit(uint32_t queue, std::span<Packet> packets) = 0;
};

}  // namespace weft
