#include "pipelines/l4/flows.h"

#include <algorithm>

namespace weft {

Flows::Flows(FlowsMax max, const KeyedHash& hash, const FlowTimeouts& timeouts, Instant now,
             WorkerCounters& counters)
    : tunnel(max.tunnel, hash),
      nat(max.nat, hash),
      clock(timeouts, now),
      counters_(counters),
      swept_until_(now),
      pass_left_buckets_(std::max(tunnel.buckets(), nat.buckets())) {}

static void publish(FlowTableCounters& counters, const FlowTableCounts& counts, uint32_t max) {
  counters.entries.set(counts.entries);
  counters.entries_max.set(max);
  counters.inserted.set(counts.inserted);
  counters.expired.set(counts.expired);
  counters.evicted.set(counts.evicted);
  counters.refused.set(counts.refused);
}

void Flows::expire(const Snapshot& snapshot, Instant now) {
  if (clock.advance(snapshot.policy->timeouts, now)) {
    publish(counters_.tunnel_flows, tunnel.counts(), tunnel.flows_max());
    publish(counters_.nat_flows, nat.counts(), nat.flows_max());
  }
  // The larger table sets the pace; the smaller one is seen more often than it needs.
  const uint32_t buckets = std::max(tunnel.buckets(), nat.buckets());
  const double share = static_cast<double>((now - swept_until_).count()) /
                       static_cast<double>(clock.sweep_period().count());
  const double due = share * buckets;
  if (due < 1) return;
  // What a long pause left undone is not made up for in one turn.
  swept_until_ = now;
  const auto sweep_buckets = static_cast<uint32_t>(
      std::min<double>({due, double{sweep_buckets_max}, double(pass_left_buckets_)}));
  const Owner owner(*this, snapshot);
  tunnel.sweep(std::min(sweep_buckets, tunnel.buckets()), owner);
  nat.sweep(std::min(sweep_buckets, nat.buckets()), owner);
  pass_left_buckets_ -= sweep_buckets;
  if (pass_left_buckets_ == 0) end_pass(snapshot);
}

void Flows::end_pass(const Snapshot& snapshot) {
  swept_generation_ = pass_generation_;
  counters_.turn.swept_generation.set(swept_generation_);
  pass_generation_ = snapshot.generation;
  pass_left_buckets_ = std::max(tunnel.buckets(), nat.buckets());
}

}  // namespace weft
