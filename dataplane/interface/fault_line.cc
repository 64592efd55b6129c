#include "dataplane/interface/fault_line.h"

#include <algorithm>

#include "dataplane/interface/guarded_pool.h"

namespace weft {

FaultLine::FaultLine(rte_mempool& pool, const Faults& faults, uint64_t seed)
    : pool_(pool), faults_(faults), random_state_(seed) {
  heap_.reserve(frames_max);
}

FaultLine::~FaultLine() {
  for (const OnTheWay& held : heap_) rte_pktmbuf_free(held.packet.buffer());
}

static std::vector<std::byte> bytes_of(Packet packet) {
  std::vector<std::byte> bytes(packet.bytes());
  copy_frame(packet, bytes);
  return bytes;
}

void FaultLine::enter(Packet packet, Instant now) {
  ++counts_.entered;
  if (happens(faults_.loss_ppm)) {
    ++counts_.lost;
    rte_pktmbuf_free(packet.buffer());
    return;
  }
  if (happens(faults_.corrupt_ppm)) flip_a_bit(packet);
  if (happens(faults_.duplicate_ppm)) {
    const Packet copy = new_frame(pool_, bytes_of(packet));
    if (copy.buffer() != nullptr) {
      ++counts_.duplicated;
      hold(copy, now);
    }
  }
  hold(packet, now);
}

uint32_t FaultLine::leave(std::span<Packet> packets, Instant now) {
  uint32_t count = 0;
  while (count < packets.size() && !heap_.empty() && heap_.front().due <= now) {
    packets[count++] = heap_.front().packet;
    std::pop_heap(heap_.begin(), heap_.end(), leaves_later);
    heap_.pop_back();
  }
  counts_.left += count;
  return count;
}

FaultCounts FaultLine::counts() const {
  FaultCounts counts = counts_;
  counts.on_the_way = heap_.size();
  return counts;
}

bool FaultLine::leaves_later(const OnTheWay& a, const OnTheWay& b) {
  return a.due != b.due ? a.due > b.due : a.sequence > b.sequence;
}

// SplitMix64 (Steele, Lea, Flood 2014): the same on every machine.
uint64_t FaultLine::random() {
  uint64_t z = random_state_ += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

void FaultLine::flip_a_bit(Packet packet) {
  if (packet.linear_bytes() == 0) return;
  ++counts_.corrupted;
  std::vector<std::byte> before;
  if (damage_watch_) before = bytes_of(packet);
  packet.linear()[random() % packet.linear_bytes()] ^= std::byte{1} << (random() % 8);
  if (damage_watch_) damage_watch_(before, bytes_of(packet));
}

void FaultLine::hold(Packet packet, Instant now) {
  if (heap_.size() == frames_max) {
    ++counts_.overflowed;
    rte_pktmbuf_free(packet.buffer());
    return;
  }
  const auto spread = static_cast<uint64_t>((faults_.delay_max - faults_.delay_min).count());
  Instant due = now + faults_.delay_min + Duration(static_cast<int64_t>(random() % (spread + 1)));
  if (happens(faults_.reorder_ppm)) {
    ++counts_.reordered;
    due += faults_.reorder_delay;
  }
  heap_.push_back({due, next_sequence_++, packet});
  std::push_heap(heap_.begin(), heap_.end(), leaves_later);
}

}  // namespace weft
