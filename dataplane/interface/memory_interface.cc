#include "dataplane/interface/memory_interface.h"

#include <algorithm>

#include "dataplane/base/check.h"
#include "dataplane/base/ids.h"
#include "dataplane/interface/guarded_pool.h"

namespace weft {

MemoryInterface::MemoryInterface(const MemorySettings& settings, rte_mempool& pool)
    : settings_(settings), pool_(pool) {
  CHECK(settings.queues > 0 && settings.queues <= workers_max);
  for (uint32_t i = 0; i < settings.queues; ++i) queues_.emplace_back(settings.queue_frames_max);
}

MemoryInterface::~MemoryInterface() {
  for (Queue& queue : queues_) {
    Packet packet;
    while (queue.in.pop({&packet, 1}) == 1) rte_pktmbuf_free(packet.buffer());
    while (queue.out.pop({&packet, 1}) == 1) {
      unseal(packet);
      rte_pktmbuf_free(packet.buffer());
    }
  }
}

uint32_t MemoryInterface::receive(uint32_t queue, std::span<Packet> packets) {
  CHECK(queue < queues_.size());
  return queues_[queue].in.pop(packets);
}

uint32_t MemoryInterface::transmit(uint32_t queue, std::span<Packet> packets) {
  CHECK(queue < queues_.size());
  SpscRing<Packet>& out = queues_[queue].out;
  const std::size_t room = settings_.queue_frames_max - out.size();
  const std::span<Packet> taken = packets.first(std::min(packets.size(), room));
  for (const Packet packet : taken) seal(packet);  // before another thread may pull it
  CHECK(out.push(taken) == taken.size());
  return static_cast<uint32_t>(taken.size());
}

bool MemoryInterface::push(uint32_t queue, std::span<const std::byte> frame) {
  CHECK(queue < queues_.size());
  const Packet packet = new_frame(pool_, frame);
  if (packet.buffer() == nullptr) return false;
  if (queues_[queue].in.push({&packet, 1}) == 1) return true;
  rte_pktmbuf_free(packet.buffer());
  return false;
}

std::optional<Frame> MemoryInterface::pull(uint32_t queue) {
  CHECK(queue < queues_.size());
  Packet packet;
  if (queues_[queue].out.pop({&packet, 1}) == 0) return std::nullopt;
  unseal(packet);
  Frame frame(packet.bytes());
  copy_frame(packet, frame);
  rte_pktmbuf_free(packet.buffer());
  return frame;
}

}  // namespace weft
