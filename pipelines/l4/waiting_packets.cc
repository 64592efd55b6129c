#include "pipelines/l4/waiting_packets.h"

#include "pipelines/l4/next_hop.h"

namespace weft {

WaitingPackets::~WaitingPackets() {
  for (uint32_t i = 0; i < size_; ++i) rte_pktmbuf_free(waiting_[i].packet.buffer());
}

bool WaitingPackets::put(const Waiting& waiting) {
  if (size_ == packets_max) return false;
  waiting_[size_++] = waiting;
  answers_ += waiting.answer;
  return true;
}

bool WaitingPackets::put(Packet packet, const Headers& headers, const Decision& decision,
                         Instant now) {
  return put({.packet = packet,
              .headers = headers,
              .listener = decision.listener_slot,
              .has_hop_address = decision.has_hop_address,
              .hop_address = decision.hop_address,
              .until = now + wait_max});
}

bool WaitingPackets::put_answer(Packet packet, const Headers& headers, Instant now) {
  if (answers_ == answers_max) return false;
  return put({.packet = packet, .headers = headers, .answer = true, .until = now + wait_max});
}

uint32_t WaitingPackets::release(Burst& burst, Decisions& decisions, const RoutingPart& routing,
                                 Instant now) {
  uint32_t released = 0, kept = 0, expired = 0;
  for (uint32_t i = 0; i < size_; ++i) {
    Waiting& waiting = waiting_[i];
    const IpAddress& towards =
        waiting.has_hop_address ? waiting.hop_address : waiting.headers.destination;
    const uint32_t hop = find_way(routing, towards).next_hop;
    const bool resolved = routing.next_hops[hop].link_header_bytes != 0;
    const bool late = now >= waiting.until;
    if (released == Burst::packets_max || (!resolved && !late)) {
      waiting_[kept++] = waiting;
      continue;
    }
    answers_ -= waiting.answer;
    expired |= uint32_t{!resolved} << released;
    decisions[released].clear();
    decisions[released].listener_slot = waiting.listener;
    decisions[released].has_hop_address = waiting.has_hop_address;
    decisions[released].hop_address = waiting.hop_address;
    burst.packets[released] = waiting.packet;
    burst.headers[released++] = waiting.headers;
  }
  size_ = kept;
  burst.start(released, 0);
  for (; expired != 0; expired &= expired - 1) {
    burst.drop(static_cast<uint32_t>(std::countr_zero(expired)), Drop::next_hop_unresolved);
  }
  return released;
}

}  // namespace weft
