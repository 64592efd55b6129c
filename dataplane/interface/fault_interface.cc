#include "dataplane/interface/fault_interface.h"

#include <array>

#include "dataplane/base/check.h"

namespace weft {
namespace {

constexpr uint32_t batch_packets = 32;

}  // namespace

FaultInterface::FaultInterface(Interface& inner, rte_mempool& pool, const FaultSettings& settings)
    : inner_(inner) {
  for (uint32_t queue = 0; queue < inner.queues(); ++queue) {
    receive_lines_.emplace_back(pool, settings.receive, settings.seed + 2 * queue);
    transmit_lines_.emplace_back(pool, settings.transmit, settings.seed + 2 * queue + 1);
  }
}

uint32_t FaultInterface::receive(uint32_t queue, std::span<Packet> packets) {
  CHECK(queue < receive_lines_.size());
  std::array<Packet, batch_packets> arrived;
  while (const uint32_t count = inner_.receive(queue, arrived)) {
    for (uint32_t i = 0; i < count; ++i) receive_lines_[queue].enter(arrived[i], now_);
  }
  return receive_lines_[queue].leave(packets, now_);
}

uint32_t FaultInterface::transmit(uint32_t queue, std::span<Packet> packets) {
  CHECK(queue < transmit_lines_.size());
  for (const Packet packet : packets) transmit_lines_[queue].enter(packet, now_);
  release(queue);
  return static_cast<uint32_t>(packets.size());
}

void FaultInterface::advance(Instant now) {
  CHECK(now >= now_);
  now_ = now;
  for (uint32_t queue = 0; queue < transmit_lines_.size(); ++queue) release(queue);
}

void FaultInterface::set_faults(const Faults& receive, const Faults& transmit) {
  for (FaultLine& line : receive_lines_) line.set_faults(receive);
  for (FaultLine& line : transmit_lines_) line.set_faults(transmit);
}

void FaultInterface::watch_damage(const DamageWatch& receive, const DamageWatch& transmit) {
  for (FaultLine& line : receive_lines_) line.watch_damage(receive);
  for (FaultLine& line : transmit_lines_) line.watch_damage(transmit);
}

static void add(FaultCounts& sum, const FaultCounts& counts) {
  sum.entered += counts.entered;
  sum.lost += counts.lost;
  sum.duplicated += counts.duplicated;
  sum.corrupted += counts.corrupted;
  sum.reordered += counts.reordered;
  sum.overflowed += counts.overflowed;
  sum.left += counts.left;
  sum.on_the_way += counts.on_the_way;
}

FaultCounts FaultInterface::receive_counts() const {
  FaultCounts sum;
  for (const FaultLine& line : receive_lines_) add(sum, line.counts());
  return sum;
}

FaultCounts FaultInterface::counts() const {
  FaultCounts sum = receive_counts();
  for (const FaultLine& line : transmit_lines_) add(sum, line.counts());
  sum.left -= refused_;
  sum.overflowed += refused_;
  return sum;
}

void FaultInterface::release(uint32_t queue) {
  std::array<Packet, batch_packets> due;
  while (const uint32_t count = transmit_lines_[queue].leave(due, now_)) {
    const uint32_t taken = inner_.transmit(queue, {due.data(), count});
    for (uint32_t i = taken; i < count; ++i) rte_pktmbuf_free(due[i].buffer());
    refused_ += count - taken;
  }
}

}  // namespace weft
