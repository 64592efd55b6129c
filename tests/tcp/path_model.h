// One direction of a path between two TCP stacks, on simulated time: a queue before a link of some
// rate, then a delay. It loses, doubles, delays and reorders what its seed says.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>

#include "dataplane/base/clock.h"

namespace weft::test {

struct PathSettings {
  double loss = 0;  // shares of all packets
  double duplication = 0;
  double reordering = 0;  // comes `reordered_by` later than it would
  Duration delay = milliseconds(10);
  Duration reordered_by = milliseconds(5);
  uint64_t bytes_per_s = 125'000'000;
  uint32_t queue_bytes_max = 1u << 20;
  double marks = 0;  // with a queue: of ECN-capable packets
};

class PathModel {
 public:
  PathModel(const PathSettings& settings, uint64_t seed) : settings_(settings), random_(seed) {}

  struct Arrivals {
    std::optional<Instant> first;
    std::optional<Instant> second;  // of a double
    bool marked = false;
  };
  // When a packet that is sent now arrives. `luck`, from 0 to 1, decides whether it is lost.
  Arrivals send(uint32_t bytes, Instant now) { return send(bytes, now, draw()); }
  Arrivals send(uint32_t bytes, Instant now, double luck) {
    Arrivals arrivals;
    const Instant starts = std::max(now, free_at_);
    const auto waits_s = std::chrono::duration<double>(starts - now).count();
    const bool full =
        waits_s * static_cast<double>(settings_.bytes_per_s) > settings_.queue_bytes_max;
    if (full || luck < settings_.loss) return arrivals;
    free_at_ = starts + Duration(uint64_t{bytes} * 1'000'000'000 / settings_.bytes_per_s);
    Instant at = free_at_ + settings_.delay;
    if (chance(settings_.reordering)) at += settings_.reordered_by;
    arrivals.first = at;
    if (chance(settings_.duplication)) arrivals.second = at + milliseconds(1);
    arrivals.marked = chance(settings_.marks);
    return arrivals;
  }

 private:
  double draw() { return std::uniform_real_distribution<double>(0, 1)(random_); }
  bool chance(double share) { return share > 0 && draw() < share; }

  PathSettings settings_;
  std::mt19937_64 random_;
  Instant free_at_{};
};

}  // namespace weft::test
