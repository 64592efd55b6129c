// One direction of one queue of a bad network: frames go in, and come out lost, twice, late, out of
// order or with a bit flipped, as a seed decides.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/wire/packet.h"

namespace weft {

// Rates in parts per million of the frames.
struct Faults {
  uint32_t loss_ppm = 0;
  uint32_t duplicate_ppm = 0;
  uint32_t corrupt_ppm = 0;  // one bit of the first segment flips
  uint32_t reorder_ppm = 0;  // comes reorder_delay later than it would, so others overtake it
  Duration reorder_delay = milliseconds(1);
  Duration delay_min{};  // every frame, uniformly
  Duration delay_max{};
};

struct FaultCounts {
  uint64_t entered = 0;
  uint64_t lost = 0;
  uint64_t duplicated = 0;
  uint64_t corrupted = 0;
  uint64_t reordered = 0;
  uint64_t overflowed = 0;  // lost because frames_max were on their way, or the next queue was full
  uint64_t left = 0;
  uint64_t on_the_way = 0;
};

// Is told of each frame that is corrupted, as it was and as it is now.
using DamageWatch =
    std::function<void(std::span<const std::byte> before, std::span<const std::byte> after)>;

// Invariant: entered + duplicated == lost + overflowed + left + on_the_way.
// Owns the frames on the way.
class FaultLine {
 public:
  static constexpr uint32_t frames_max = 4096;  // on the way

  FaultLine(rte_mempool& pool, const Faults& faults, uint64_t seed);
  ~FaultLine();
  FaultLine(FaultLine&&) = default;
  FaultLine& operator=(FaultLine&&) = delete;

  void set_faults(const Faults& faults) { faults_ = faults; }
  void watch_damage(DamageWatch watch) { damage_watch_ = std::move(watch); }
  // Takes the frame.
  void enter(Packet packet, Instant now);
  // Fills the front of `packets` with frames that are due, in order of their time, and gives their
  // number; the caller owns them.
  uint32_t leave(std::span<Packet> packets, Instant now);
  FaultCounts counts() const;

 private:
  struct OnTheWay {
    Instant due;
    uint64_t sequence;  // frames due together leave in the order they entered
    Packet packet;
  };
  static bool leaves_later(const OnTheWay& a, const OnTheWay& b);

  uint64_t random();
  bool happens(uint32_t ppm) { return random() % 1'000'000 < ppm; }
  void flip_a_bit(Packet packet);
  void hold(Packet packet, Instant now);

  rte_mempool& pool_;
  Faults faults_;
  DamageWatch damage_watch_;
  uint64_t random_state_;
  uint64_t next_sequence_ = 0;
  FaultCounts counts_;
  std::vector<OnTheWay> heap_;
};

}  // namespace weft
