// What two gateways of a fleet must know of each other to believe what the other says: that a
// datagram was made by the peer's process of now, for this process, and was not heard before. Each
// side challenges the other's process with a number drawn for it, and believes what carries it
// back; within that, each sequence once. So clocks and what was kept on disk play no part, and what
// somebody recorded is worth nothing. The code of each datagram is checked before (peer_message.h).
//
//   a restarts         a: hello, speaker a2, no answer       b: who is that? challenge drawn for a2
//   b: hello, answers a2's challenge, challenges             a: believes b
//   a: anything, answers b's challenge                       b: believes a2 from now on, a1 no more
//
// A function of events; time is the caller's. Thread safety: none, one owner.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "mgmt/fleet/peer_message.h"

namespace weft::mgmt {

class PeerSession {
 public:
  using Draw = std::function<uint64_t()>;  // a random number, not 0

  enum class Heard : uint8_t {
    believed,
    believed_first,  // and it is a process that was not believed until now
    unproven,        // it must answer a challenge: say hello
    heard_before,    // a copy, or so late that it may be one
  };

  explicit PeerSession(Draw draw) : draw_(std::move(draw)), next_{0, draw_()} {}

  Heard hear(const PeerHeader& header);
  // Of the next datagram to the peer, said by this process.
  PeerHeader next_header(uint64_t speaker);
  // The peer has a challenge of this process that it can answer; else it hears only hellos.
  bool proven() const { return now_.speaker != 0; }

 private:
  struct Process {
    uint64_t speaker = 0;  // 0: none, or whoever it is
    uint64_t challenge = 0;
  };

  bool fresh(uint64_t sequence);

  Draw draw_;
  Process now_;          // believed
  Process next_;         // challenged
  uint64_t answer_ = 0;  // to the peer's last challenge
  uint64_t said_ = 0;
  // Of now_: the highest sequence heard, and which of the 64 up to it.
  uint64_t highest_ = 0;
  uint64_t heard_ = 0;
};

}  // namespace weft::mgmt
