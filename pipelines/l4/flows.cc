#include "pipelines/l4/flows.h"

#include <algorithm>

namespace weft {

void Flows::expire(const FlowTimeouts& timeouts, Instant now) {
  clock.advance(timeouts, now);
  const Duration elapsed = now - swept_until_;
  if (elapsed <= Duration::zero()) return;
  // The larger table sets the pace; the smaller one is seen more often than it needs.
  const uint64_t buckets = std::max(tunnel.buckets(), nat.buckets());
  const double share =
      static_cast<double>(elapsed.count()) / static_cast<double>(clock.sweep_period().count());
  const auto due = static_cast<uint64_t>(share * static_cast<double>(buckets));
  if (due == 0) return;
  const auto now_swept = static_cast<uint32_t>(std::min<uint64_t>(due, sweep_buckets_max));
  tunnel.sweep(std::min(now_swept, tunnel.buckets()), clock, removed());
  nat.sweep(std::min(now_swept, nat.buckets()), clock, removed());
  swept_buckets_ += now_swept;
  sweeps_ = swept_buckets_ / buckets;
  // What a long pause left undone is not made up for in one turn.
  swept_until_ = now;
  publish_counts();
}

static void publish(FlowTableCounters& counters, const FlowTableCounts& counts, uint32_t max) {
  counters.entries.set(counts.entries);
  counters.entries_max.set(max);
  counters.inserted.set(counts.inserted);
  counters.expired.set(counts.expired);
  counters.evicted.set(counts.evicted);
  counters.refused.set(counts.refused);
}

void Flows::publish_counts() {
  publish(counters_.tunnel_flows, tunnel.counts(), tunnel.flows_max());
  publish(counters_.nat_flows, nat.counts(), nat.flows_max());
}

}  // namespace weft
