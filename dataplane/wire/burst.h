// Up to 32 packets that go through the stages together. A packet is live until a stage gives it a
// verdict; stages visit live packets only. A burst owns its packets.
//
// A stage that refuses a packet may say what its sender is owed. answer() makes that reply of it,
// in the same buffer, and the packet is live again; it still counts as the drop it was refused for.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstdint>
#include <utility>

#include "dataplane/base/check.h"
#include "dataplane/base/drop.h"
#include "dataplane/wire/headers.h"
#include "dataplane/wire/packet.h"

namespace weft {

enum class Verdict : uint8_t {
  live,
  transmit,  // out of the interface `target`
  twin,      // to the kernel, on the twin of the interface it came from
  hand_off,  // to the worker `target`
  drop,      // for `drop`
  hold,      // nowhere yet: the pipeline keeps it and releases it later
};

struct Outcome {
  Verdict verdict = Verdict::live;
  Drop drop = Drop::none;
  uint16_t target = 0;  // an interface's or a worker's index
};

// What the sender of a refused packet is owed.
enum class Reply : uint8_t {
  none,
  tcp_reset,
  port_unreachable,
  host_unreachable,
  ttl_exceeded,
  fragmentation_needed,
  syn_cookie,  // a SYN-ACK for which nothing is remembered
};

struct Refusal {
  Drop drop = Drop::none;
  Reply reply = Reply::none;
  uint16_t next_hop_mtu_bytes = 0;  // of fragmentation_needed, syn_cookie: 0 is unknown
};

struct Burst {
  static constexpr uint32_t packets_max = 32;

  uint32_t size = 0;
  uint32_t live = 0;       // bit i: packet i has no verdict yet
  uint32_t dropped = 0;    // bit i: packet i was dropped, perhaps answered since
  uint32_t refused = 0;    // bit i: packet i is dropped and its sender is owed a reply
  uint32_t answered = 0;   // bit i: packet i is now the reply to what came in
  uint32_t fragments = 0;  // bit i: packet i is a piece of a datagram of TCP or UDP
  uint32_t icmp = 0;       // bit i: packet i is an ICMP error or echo
  uint32_t aside = 0;      // bit i: packet i is neither live nor decided for the stages between two
  uint32_t followed = 0;   // bit i: it is, and its datagram's ports are ports[i]
  uint16_t interface = 0;  // where all of them came in
  std::array<Packet, packets_max> packets;
  std::array<Headers, packets_max> headers;
  std::array<Outcome, packets_max> outcomes;
  std::array<Refusal, packets_max> refusals;  // of packets refused or answered
  std::array<DatagramPorts, packets_max>
      ports;  // of pieces followed; they go along with a hand-off

  // Requires: the first `count` packets are set.
  void start(uint32_t count, uint16_t from_interface) {
    DCHECK(count <= packets_max);
    size = count;
    live = count == packets_max ? UINT32_MAX : (1u << count) - 1;
    dropped = 0;
    refused = 0;
    answered = 0;
    fragments = 0;
    icmp = 0;
    aside = 0;
    followed = 0;
    interface = from_interface;
  }

  // Calls visit(i) for every packet that was live when the call began.
  template <class Visit>
  void for_each_live(Visit visit) const {
    for_each(live, visit);
  }
  // Calls visit(i) for every bit i of `which`.
  template <class Visit>
  static void for_each(uint32_t which, Visit visit) {
    for (; which != 0; which &= which - 1) visit(_tzcnt_u32(which));
  }

  void drop(uint32_t i, Drop why) {
    dropped |= 1u << i;
    decide(i, {Verdict::drop, why, 0});
  }
  // The packet ends here for `why`. Requires: its IP header and payload are still as they came in.
  void refuse(uint32_t i, Drop why, Reply reply, uint16_t next_hop_mtu_bytes = 0) {
    drop(i, why);
    refused |= uint32_t{reply != Reply::none} << i;
    refusals[i] = {why, reply, next_hop_mtu_bytes};
  }
  // Packet i is live again as the reply to what it was. Only answer(). Requires: it is refused.
  void revive(uint32_t i) {
    DCHECK((refused >> i & 1) == 1);
    refused &= ~(1u << i);
    answered |= 1u << i;
    live |= 1u << i;
    outcomes[i] = {};
  }
  // Why packet i counts as dropped, Drop::none if it does not. A packet counts once: one that was
  // answered as what it was refused for, whatever becomes of the reply.
  Drop dropped_for(uint32_t i) const {
    if ((answered >> i & 1) == 1) return refusals[i].drop;
    return (live >> i & 1) == 1 ? Drop::none : outcomes[i].drop;
  }
  // The stages up to the one that takes it back do not see the packet.
  void set_aside(uint32_t i) {
    DCHECK((live >> i & 1) == 1);
    live &= ~(1u << i);
    aside |= 1u << i;
  }
  // What was set aside is live again. Gives which.
  uint32_t take_aside() {
    live |= aside;
    return std::exchange(aside, 0u);
  }
  // The packet is the pipeline's from now on.
  void hold(uint32_t i) { decide(i, {Verdict::hold, Drop::none, 0}); }
  void to_twin(uint32_t i) { decide(i, {Verdict::twin, Drop::none, interface}); }
  void hand_off(uint32_t i, uint16_t worker) { decide(i, {Verdict::hand_off, Drop::none, worker}); }
  void transmit(uint32_t i, uint16_t to_interface) {
    decide(i, {Verdict::transmit, Drop::none, to_interface});
  }

 private:
  void decide(uint32_t i, Outcome outcome) {
    DCHECK((live >> i & 1) == 1);
    live &= ~(1u << i);
    outcomes[i] = outcome;
  }
};

}  // namespace weft
