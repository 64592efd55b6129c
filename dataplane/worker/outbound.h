// Carries out verdicts: collects a worker's packets by where they go, and sends each group at once.
// What cannot go on is dropped by name (transmit_full, twin_full, handoff_full) and freed.
// Thread safety: one worker.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/interface/interface.h"
#include "dataplane/wire/burst.h"
#include "dataplane/worker/counters.h"
#include "dataplane/worker/handoff.h"
#include "dataplane/worker/placement.h"
#include "dataplane/worker/tap.h"

namespace weft {

class Outbound {
 public:
  // All of them outlive this; `tap`, if any, is told of what does not get away. Requires: worker <
  // rings.workers().
  Outbound(uint32_t worker, std::span<const Attachment> attachments, HandOffRings& rings,
           LoopCounters counters, Tap* tap);

  // Takes all packets of the burst. Requires: none is live.
  void carry_out(const Burst& burst);
  // Takes a packet that another worker hands over for an interface of which this one owns a queue.
  void pass_on(const HandOff& handed);
  // Sends what was collected. Afterwards nothing is left here.
  void flush();

 private:
  static constexpr uint32_t batch_packets_max = 64;

  template <class T>
  struct Batch {
    uint32_t size = 0;
    std::array<T, batch_packets_max> items;
    std::span<T> span() { return {items.data(), size}; }
  };
  // One of the wires or twins as this worker reaches it.
  struct Outlet {
    Interface* interface;
    uint16_t index;  // of the interface
    Purpose purpose;
    uint16_t transmitter;
    uint16_t queue;
    Batch<Packet> batch;
  };

  void count_answered(const Burst& burst);
  void send(std::vector<Outlet>& outlets, uint16_t interface, Packet packet);
  void hand_off(uint16_t worker, const HandOff& packet);
  void drop(Packet packet, Drop why);
  void drop_late(const HandOff& packet, Drop why);
  void flush_outlet(Outlet& outlet);
  void flush_ring(uint32_t to);
  void flush_dropped();

  uint32_t worker_;
  HandOffRings& rings_;
  LoopCounters counters_;
  Tap* const tap_;
  std::vector<Outlet> wires_;             // by interface
  std::vector<Outlet> twins_;             // by interface
  std::vector<Batch<HandOff>> to_rings_;  // by worker
  Batch<Packet> dropped_;
};

}  // namespace weft
