#include "pipelines/l4/flows.h"

#include <algorithm>
#include <type_traits>

namespace weft {

Flows::Flows(const FlowsMax& max, const KeyedHash& hash, const FlowTimeouts& timeouts, Instant now,
             WorkerCounters& counters)
    : tunnel4(max.tunnel4, hash),
      tunnel6(max.tunnel6, hash),
      nat4(max.nat4, hash),
      nat6(max.nat6, hash),
      streams(max.streams, hash),
      cookies(hash),
      clock(timeouts, now),
      limits(hash),
      counters_(counters),
      now_(now),
      swept_until_(now),
      pass_left_buckets_(buckets_max()) {}

uint32_t Flows::buckets_max() const {
  return std::max({tunnel4.buckets(), tunnel6.buckets(), nat4.buckets(), nat6.buckets()});
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
  publish(counters_.tunnel4_flows, tunnel4.counts(), tunnel4.flows_max());
  publish(counters_.tunnel6_flows, tunnel6.counts(), tunnel6.flows_max());
  publish(counters_.nat4_flows, nat4.counts(), nat4.flows_max());
  publish(counters_.nat6_flows, nat6.counts(), nat6.flows_max());
  counters_.streams.entries.set(streams.size());
  counters_.streams.entries_max.set(streams.streams_max());
  counters_.attack.cookies.set(cookies.made());
}

void Flows::watch_attack(uint32_t new_flows_per_s_max) {
  const bool before = counters_.attack.under_attack.read() != 0;
  attack.advance(new_flows_per_s_max, now_);
  if (attack.under_attack() == before) return;
  counters_.attack.under_attack.set(uint64_t{!before});
  if (!before) counters_.attack.attacks.add(1);
}

void Flows::expire(const Snapshot& snapshot, Instant now) {
  now_ = now;
  if (clock.advance(snapshot.policy->timeouts, now)) publish_counts();
  watch_attack(snapshot.policy->new_flows_per_s_max);
  // The largest table sets the pace; the smaller ones are seen more often than they need.
  const double share = static_cast<double>((now - swept_until_).count()) /
                       static_cast<double>(clock.sweep_period().count());
  const double due = share * buckets_max();
  if (due < 1) return;
  // What a long pause left undone is not made up for in one turn.
  swept_until_ = now;
  const auto sweep_buckets = static_cast<uint32_t>(
      std::min<double>({due, double{sweep_buckets_max}, double(pass_left_buckets_)}));
  const Owner owner(*this, snapshot);
  const auto sweep = [&](auto& table) {
    table.sweep(std::min(sweep_buckets, table.buckets()), owner);
  };
  sweep(tunnel4);
  sweep(tunnel6);
  sweep(nat4);
  sweep(nat6);
  pass_left_buckets_ -= sweep_buckets;
  if (pass_left_buckets_ == 0) end_pass(snapshot);
}

// What the flow of that key has beside its entry.
template <class Table, class Key>
void Flows::stand_in_stream(const Streams& real, Table& table, const Key& key) {
  const auto found = table.find(table.place(key), key);
  if (!found) return;
  const auto& flow = found.bucket->flow(found.at);
  if (flow.marks.shifted == 0) return;
  const StreamSides sides = StreamSides::of(flow);
  const Stream* stream = real.find(sides);
  Stream* own = stream == nullptr ? nullptr : streams.begin(sides);
  if (own == nullptr) return;
  streams.settle(*own, stream->phase);
  *own = *stream;
}

// A packet looks for itself as a client's, and as an endpoint's to the client or to a source
// address.
void Flows::stand_in_for(const Flows& real, const Headers& headers) {
  clock = real.clock;
  swept_generation_ = real.swept_generation_;
  attack = real.attack;
  cookies = real.cookies;
  const auto stand_in = [&](auto& tunnel, const auto& real_tunnel, auto& nat,
                            const auto& real_nat) {
    using TunnelKey = typename std::remove_reference_t<decltype(tunnel)>::Key;
    using NatKey = typename std::remove_reference_t<decltype(nat)>::Key;
    tunnel.stand_in_for(real_tunnel, TunnelKey::of(headers));
    for (const NatSide side : {NatSide::client, NatSide::endpoint, NatSide::source}) {
      nat.stand_in_for(real_nat, NatKey::of(headers, side));
      stand_in_stream(real.streams, nat, NatKey::of(headers, side));
    }
  };
  headers.v4 ? stand_in(tunnel4, real.tunnel4, nat4, real.nat4)
             : stand_in(tunnel6, real.tunnel6, nat6, real.nat6);
}

void Flows::end_pass(const Snapshot& snapshot) {
  swept_generation_ = pass_generation_;
  counters_.turn.swept_generation.set(swept_generation_);
  pass_generation_ = snapshot.generation;
  pass_left_buckets_ = buckets_max();
}

}  // namespace weft
