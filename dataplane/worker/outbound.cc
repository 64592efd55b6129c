#include "dataplane/worker/outbound.h"

#include <bit>

#include "dataplane/base/check.h"
#include "dataplane/base/planted_bug.h"

namespace weft {

Outbound::Outbound(uint32_t worker, std::span<const Attachment> attachments, HandOffRings& rings,
                   LoopCounters counters, Tap* tap)
    : worker_(worker), rings_(rings), counters_(counters), tap_(tap), to_rings_(rings.workers()) {
  CHECK(worker < rings.workers() && attachments.size() <= interfaces_max);
  const auto outlet = [&](Interface& interface, Purpose purpose, std::size_t index) {
    const QueueShare share = queue_share(worker, rings.workers(), interface.queues());
    return Outlet{&interface,        static_cast<uint16_t>(index), purpose,
                  share.transmitter, share.transmit_queue,         {}};
  };
  for (const Attachment& attachment : attachments) {
    wires_.push_back(outlet(attachment.wire, Purpose::transmit, wires_.size()));
    twins_.push_back(outlet(attachment.twin, Purpose::twin, twins_.size()));
  }
}

// A piece of a datagram takes along what is known of the others.
static HandOff handed_off(const Burst& burst, uint32_t i) {
  HandOff handed{burst.packets[i], burst.interface, Purpose::process};
  if ((burst.followed >> i & 1) != 0) [[unlikely]] {
    handed.protocol = burst.ports[i].protocol;
    handed.source_port = burst.ports[i].source;
    handed.destination_port = burst.ports[i].destination;
  }
  return handed;
}

void Outbound::carry_out(const Burst& burst) {
  CHECK(burst.live == 0);
  if (burst.answered != 0) [[unlikely]] {
    count_answered(burst);
  }
  for (uint32_t i = 0; i < burst.size; ++i) {
    const Packet packet = burst.packets[i];
    const Outcome& outcome = burst.outcomes[i];
    switch (outcome.verdict) {
      case Verdict::transmit:
        send(wires_, outcome.target, packet);
        break;
      case Verdict::twin:
        send(twins_, outcome.target, packet);
        break;
      case Verdict::hand_off:
        hand_off(outcome.target, handed_off(burst, i));
        break;
      case Verdict::drop:
        drop(packet, burst.dropped_for(i));
        break;
      case Verdict::hold:
        break;
      case Verdict::live:
        CHECK(!"a live packet has no verdict");
    }
  }
}

// A refused packet counts as the drop it was refused for, also when its reply goes out.
void Outbound::count_answered(const Burst& burst) {
  for (uint32_t left = burst.answered; left != 0; left &= left - 1) {
    const auto i = static_cast<uint32_t>(std::countr_zero(left));
    if (burst.outcomes[i].verdict == Verdict::drop) continue;  // counted where it is dropped
    const bool counted = !planted(PlantedBug::uncounted_drop);
    counters_.dropped[static_cast<std::size_t>(burst.dropped_for(i))].add(counted ? 1 : 0);
    counters_.turn.answered.add(1);
  }
}

void Outbound::pass_on(const HandOff& handed) {
  CHECK(handed.purpose != Purpose::process);
  send(handed.purpose == Purpose::twin ? twins_ : wires_, handed.interface, handed.packet);
}

void Outbound::flush() {
  for (Outlet& outlet : wires_) flush_outlet(outlet);
  for (Outlet& outlet : twins_) flush_outlet(outlet);
  for (uint32_t to = 0; to < to_rings_.size(); ++to) flush_ring(to);
  flush_dropped();  // last: the others drop what they cannot send
}

void Outbound::send(std::vector<Outlet>& outlets, uint16_t interface, Packet packet) {
  CHECK(interface < outlets.size());
  Outlet& outlet = outlets[interface];
  if (outlet.transmitter != worker_) {
    hand_off(outlet.transmitter, {packet, interface, outlet.purpose});
    return;
  }
  outlet.batch.items[outlet.batch.size++] = packet;
  if (outlet.batch.size == batch_packets_max) flush_outlet(outlet);
}

void Outbound::hand_off(uint16_t worker, const HandOff& packet) {
  CHECK(worker < to_rings_.size() && worker != worker_);
  Batch<HandOff>& batch = to_rings_[worker];
  batch.items[batch.size++] = packet;
  if (batch.size == batch_packets_max) flush_ring(worker);
}

void Outbound::drop(Packet packet, Drop why) {
  counters_.dropped[static_cast<std::size_t>(why)].add(1);
  dropped_.items[dropped_.size++] = packet;
  if (dropped_.size == batch_packets_max) flush_dropped();
}

// A packet that had its verdict already.
void Outbound::drop_late(const HandOff& packet, Drop why) {
  if (tap_ != nullptr && tap_->on()) [[unlikely]] {
    const bool leaves = packet.purpose == Purpose::transmit;
    tap_->tell_late_drop(packet.packet, why, leaves ? TapPoint::sent : TapPoint::received,
                         packet.interface);
  }
  drop(packet.packet, why);
}

void Outbound::flush_outlet(Outlet& outlet) {
  const std::span<Packet> packets = outlet.batch.span();
  if (packets.empty()) return;
  uint64_t bytes = 0;  // counted before: what the interface took is no longer ours to look at
  for (const Packet packet : packets) bytes += packet.bytes();
  const uint32_t sent = outlet.interface->transmit(outlet.queue, packets);
  const bool wire = outlet.purpose == Purpose::transmit;
  for (const Packet packet : packets.subspan(sent)) {
    bytes -= packet.bytes();
    drop_late({packet, outlet.index, outlet.purpose}, wire ? Drop::transmit_full : Drop::twin_full);
  }
  outlet.batch.size = 0;
  InterfaceCounters& counters = counters_.interfaces[outlet.index];
  if (wire) {
    counters.transmit_packets.add(sent);
    counters.transmit_bytes.add(bytes);
  } else {
    counters.to_twin_packets.add(sent);
  }
}

void Outbound::flush_ring(uint32_t to) {
  Batch<HandOff>& batch = to_rings_[to];
  if (batch.size == 0) return;
  const uint32_t taken = rings_.ring(worker_, to).push(batch.span());
  uint32_t handed_off = 0;
  for (uint32_t i = 0; i < batch.size; ++i) {
    if (i >= taken) {
      if (planted(PlantedBug::lost_handoff)) continue;
      drop_late(batch.items[i], Drop::handoff_full);
    } else if (batch.items[i].purpose == Purpose::process) {
      ++handed_off;
    }
  }
  counters_.turn.handed_off.add(handed_off);
  batch.size = 0;
}

void Outbound::flush_dropped() {
  if (dropped_.size == 0) return;
  static_assert(sizeof(Packet) == sizeof(rte_mbuf*));
  std::array<rte_mbuf*, batch_packets_max> buffers;
  for (uint32_t i = 0; i < dropped_.size; ++i) buffers[i] = dropped_.items[i].buffer();
  rte_pktmbuf_free_bulk(buffers.data(), dropped_.size);
  dropped_.size = 0;
}

}  // namespace weft
