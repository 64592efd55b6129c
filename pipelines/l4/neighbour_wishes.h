// Neighbours whose MAC address a worker needed and did not know: the worker asks, mgmt takes the
// wishes and lets the kernel resolve them. Bounded; a wish that finds no room, or repeats the last
// one, is forgotten, and the next packet asks again.
// Thread safety: one worker asks, mgmt takes.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "pipelines/snapshot.h"

namespace weft {

class NeighbourWishes {
 public:
  static constexpr uint32_t wishes_max = 64;

  void ask(const Neighbour& neighbour) {
    const uint32_t asked = asked_.load(std::memory_order_relaxed);
    const uint32_t taken = taken_.load(std::memory_order_acquire);
    const bool repeats = asked != taken && wishes_[(asked - 1) % wishes_max] == neighbour;
    if (repeats || asked - taken == wishes_max) return;
    wishes_[asked % wishes_max] = neighbour;
    asked_.store(asked + 1, std::memory_order_release);
  }

  std::optional<Neighbour> take() {
    const uint32_t taken = taken_.load(std::memory_order_relaxed);
    if (taken == asked_.load(std::memory_order_acquire)) return std::nullopt;
    const Neighbour neighbour = wishes_[taken % wishes_max];
    taken_.store(taken + 1, std::memory_order_release);
    return neighbour;
  }

 private:
  std::array<Neighbour, wishes_max> wishes_;
  std::atomic<uint32_t> asked_{0};  // the worker writes
  std::atomic<uint32_t> taken_{0};  // mgmt writes
};

}  // namespace weft
