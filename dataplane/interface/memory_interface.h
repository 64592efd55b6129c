// An interface made of memory: a test, a benchmark or a simulation pushes frames in and pulls
// frames out. Frames have exact size under AddressSanitizer (see guarded_pool.h), those transmitted
// are poisoned until they are pulled. Queues are bounded. receive and transmit do not allocate.
// Thread safety: of each queue, one thread uses the worker's side (receive, transmit) and one the
// wire's side (push, pull).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dataplane/interface/interface.h"
#include "dataplane/interface/spsc_ring.h"

namespace weft {

using Frame = std::vector<std::byte>;

struct MemorySettings {
  std::string name = "memory";
  uint32_t queues = 1;
  uint32_t mtu_bytes = 1500;
  uint32_t queue_frames_max = 1024;  // of each queue, in each direction
};

class MemoryInterface final : public Interface {
 public:
  // Buffers come from `pool`, which outlives the interface.
  MemoryInterface(const MemorySettings& settings, rte_mempool& pool);
  ~MemoryInterface() override;
  MemoryInterface(const MemoryInterface&) = delete;
  MemoryInterface& operator=(const MemoryInterface&) = delete;

  std::string_view name() const override { return settings_.name; }
  uint32_t queues() const override { return settings_.queues; }
  uint32_t mtu_bytes() const override { return settings_.mtu_bytes; }
  uint32_t receive(uint32_t queue, std::span<Packet> packets) override;
  uint32_t transmit(uint32_t queue, std::span<Packet> packets) override;

  // Puts a frame at the end of what the queue receives. False: the queue is full or the pool empty.
  bool push(uint32_t queue, std::span<const std::byte> frame);
  // The oldest frame that was transmitted on the queue and not pulled yet.
  std::optional<Frame> pull(uint32_t queue);

 private:
  struct Queue {
    explicit Queue(uint32_t frames_max) : in(frames_max), out(frames_max) {}
    SpscRing<Packet> in;   // to the worker
    SpscRing<Packet> out;  // from the worker, sealed
  };

  MemorySettings settings_;
  rte_mempool& pool_;
  std::vector<Queue> queues_;
};

}  // namespace weft
