// Packets that are done but for their link header: the next hop's MAC address is being asked for
// (neighbour_wishes.h). As the kernel does for its own, they wait a moment instead of being lost;
// else the first packet to every new neighbour would cost a retransmission.
// Bounded in number and time; answers to refused packets take a quarter of the places at most,
// since whoever forges senders decides how many there are. Owns its packets. Thread safety: one
// worker.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/wire/burst.h"
#include "pipelines/l4/decision.h"

namespace weft {

class WaitingPackets {
 public:
  static constexpr uint32_t packets_max = 64;
  static constexpr uint32_t answers_max = packets_max / 4;
  static constexpr Duration wait_max = seconds(1);

  WaitingPackets() = default;
  ~WaitingPackets();
  WaitingPackets(const WaitingPackets&) = delete;
  WaitingPackets& operator=(const WaitingPackets&) = delete;

  // False: full, the packet stays the caller's.
  bool put(Packet packet, const Headers& headers, const Decision& decision, Instant now);
  // The same of an answer: no stage has decided anything about it.
  bool put_answer(Packet packet, const Headers& headers, Instant now);
  uint32_t size() const { return size_; }
  // Moves packets whose neighbour is known now into the burst as live ones, and those that waited
  // too long as drops (next_hop_unresolved), each with its listener's slot and hop address as
  // the only decisions. The burst holds nothing else. Gives their number.
  uint32_t release(Burst& burst, Decisions& decisions, const RoutingPart& routing, Instant now);

 private:
  struct Waiting {
    Packet packet;
    Headers headers;
    ListenerSlot listener = none<ListenerSlot>;
    bool has_hop_address = false;
    IpAddress hop_address;
    bool answer = false;
    Instant until;
  };

  bool put(const Waiting& waiting);

  std::array<Waiting, packets_max> waiting_;
  uint32_t size_ = 0;
  uint32_t answers_ = 0;  // of them
};

}  // namespace weft
