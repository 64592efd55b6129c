#include "dataplane/worker/tsc_clock.h"

#include <cpuid.h>
#include <time.h>

#include <algorithm>
#include <cmath>

namespace weft {
namespace {

// Intel SDM volume 3, 18.17.1: the counter runs at a constant rate in all power states.
bool has_invariant_counter() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid(0x8000'0007, &eax, &ebx, &ecx, &edx) != 0 && (edx >> 8 & 1) == 1;
}

double ns(Duration d) {
  return static_cast<double>(d.count());
}

}  // namespace

TscClock::TscClock() : reliable_(has_invariant_counter()) {
  measured_ = read_pair();
  Pair end = read_pair();
  while (end.time - measured_.time < milliseconds(2)) end = read_pair();
  base_cycles_ = end.cycles;
  base_time_ = end.time;
  set_rate(ns(end.time - measured_.time) / static_cast<double>(end.cycles - measured_.cycles));
  measured_ = end;
}

void TscClock::keep_up(Instant now) {
  if (now - base_time_ < keep_up_interval) return;
  const Pair kernel = read_pair();
  const Instant ours = at(kernel.cycles);
  const double rate =
      ns(kernel.time - measured_.time) / static_cast<double>(kernel.cycles - measured_.cycles);
  measured_ = kernel;
  base_cycles_ = kernel.cycles;
  // Behind: jump, nobody minds a late timer. Ahead: never back, but slower until the next time.
  base_time_ = std::max(ours, kernel.time);
  const double ahead = ns(base_time_ - kernel.time) / ns(keep_up_interval);
  set_rate(rate * (1 - std::min(ahead, 0.5)));
}

void TscClock::set_rate(double ns_per_cycle) {
  ns_per_cycle_ = static_cast<uint64_t>(std::ldexp(ns_per_cycle, fraction_bits));
}

Instant TscClock::monotonic_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return Instant(seconds(now.tv_sec) + Duration(now.tv_nsec));
}

TscClock::Pair TscClock::read_pair() {
  // Of a few tries the tightest: an interrupt between the two readings makes them a moment apart.
  Pair best{};
  uint64_t narrowest = UINT64_MAX;
  for (int tries = 0; tries < 5; ++tries) {
    const uint64_t before = cycles();
    const Instant time = monotonic_now();
    const uint64_t after = cycles();
    if (after - before >= narrowest) continue;
    narrowest = after - before;
    best = {before + (after - before) / 2, time};
  }
  return best;
}

}  // namespace weft
