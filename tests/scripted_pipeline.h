// A pipeline for tests of the worker loop: each frame says in its first bytes what shall become of
// it. And a reader of a snapshot that a test holds.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/drop.h"
#include "dataplane/wire/burst.h"

namespace weft::test {

struct ScriptedSnapshot {
  uint64_t generation = 1;
};

// A frame for ScriptedPipeline, at least 14 bytes long.
inline std::vector<std::byte> script(char verdict, uint8_t target, uint8_t owner = 0,
                                     std::size_t bytes = 60) {
  std::vector<std::byte> frame(bytes);
  frame[0] = static_cast<std::byte>(verdict);
  frame[1] = static_cast<std::byte>(target);
  frame[2] = static_cast<std::byte>(owner);
  return frame;
}

// 't' transmit on interface target; 'k' to the kernel; 'd' drop for target; 'a' refused as
// ttl_expired and answered on interface target; 'o' owned by worker `owner`, transmit there; 'p'
// the same of a piece of a datagram, whose ports are named before it is handed off.
class ScriptedPipeline {
 public:
  explicit ScriptedPipeline(uint16_t worker) : worker_(worker) {}

  void process(Burst& burst, const ScriptedSnapshot& snapshot, Instant now) {
    ++bursts_;
    last_now_ = now;
    last_generation_ = snapshot.generation;
    burst.for_each_live([&](uint32_t i) { decide(burst, i); });
  }
  void process_from_twin(Burst& burst, const ScriptedSnapshot&, Instant) {
    burst.for_each_live([&](uint32_t i) { burst.transmit(i, burst.interface); });
  }

  uint32_t release(Burst&, const ScriptedSnapshot&, Instant) { return 0; }
  void idle(const ScriptedSnapshot&, Instant now) {
    ++idle_turns_;
    last_now_ = now;
  }

  uint32_t bursts() const { return bursts_; }
  uint32_t pieces_followed() const { return pieces_followed_; }
  uint32_t idle_turns() const { return idle_turns_; }
  Instant last_now() const { return last_now_; }
  uint64_t last_generation() const { return last_generation_; }

 private:
  void decide(Burst& burst, uint32_t i) {
    const std::byte* frame = burst.packets[i].data();
    const auto target = static_cast<uint16_t>(frame[1]);
    const auto owner = static_cast<uint16_t>(frame[2]);
    switch (static_cast<char>(frame[0])) {
      case 'k':
        return burst.to_twin(i);
      case 'd':
        return burst.drop(i, static_cast<Drop>(target));
      case 'a':
        burst.refuse(i, Drop::ttl_expired, Reply::ttl_exceeded);
        burst.revive(i);
        return burst.transmit(i, target);
      case 'p':
        if (owner == worker_) return take_piece(burst, i, target);
        burst.followed |= 1u << i;
        burst.ports[i] = {be16(target), be16(owner), Protocol::udp};
        return burst.hand_off(i, owner);
      case 'o':
        if (owner != worker_) return burst.hand_off(i, owner);
        return burst.transmit(i, target);
      default:
        return burst.transmit(i, target);
    }
  }

  void take_piece(Burst& burst, uint32_t i, uint16_t target) {
    const DatagramPorts named{be16(target), be16(worker_), Protocol::udp};
    pieces_followed_ += (burst.followed >> i & 1) != 0 && burst.ports[i] == named;
    burst.transmit(i, target);
  }

  uint16_t worker_;
  uint32_t bursts_ = 0;
  uint32_t pieces_followed_ = 0;
  uint32_t idle_turns_ = 0;
  Instant last_now_;
  uint64_t last_generation_ = 0;
};

class ScriptedReader {
 public:
  explicit ScriptedReader(const ScriptedSnapshot* snapshot) : snapshot_(snapshot) {}

  const ScriptedSnapshot* read() { return snapshot_; }
  void quiescent() { ++quiescents_; }
  void offline() { online_ = false; }
  void online() { online_ = true; }

  void publish(const ScriptedSnapshot* snapshot) { snapshot_ = snapshot; }
  uint64_t quiescents() const { return quiescents_; }
  bool is_online() const { return online_; }

 private:
  const ScriptedSnapshot* snapshot_;
  uint64_t quiescents_ = 0;
  bool online_ = false;
};

}  // namespace weft::test
