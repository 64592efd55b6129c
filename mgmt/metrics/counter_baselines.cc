#include "mgmt/metrics/counter_baselines.h"

#include "dataplane/base/check.h"

namespace weft::mgmt {
namespace {

ListenerCounts total_of(ListenerSlot slot, WorkerCountersSpan workers) {
  ListenerCounts total;
  for (const WorkerCounters* worker : workers) {
    const ListenerCounters& counters = worker->listeners[index(slot)];
    total.packets += counters.packets.read();
    total.bytes += counters.bytes.read();
    total.flows += counters.flows.read();
    total.drops += counters.drops.read();
    const QuicCounters& quic = worker->quic[index(slot)];
    total.quic_routed += quic.routed.read();
    total.quic_unknown += quic.unknown.read();
  }
  return total;
}

EndpointCounts total_of(EndpointSlot slot, WorkerCountersSpan workers) {
  EndpointCounts total;
  for (const WorkerCounters* worker : workers) {
    const EndpointCounters& counters = worker->endpoints[index(slot)];
    total.packets += counters.packets.read();
    total.bytes += counters.bytes.read();
    total.flows += counters.flows.read();
    total.flows_active += counters.flows_active.read();
  }
  return total;
}

template <class Baselines, class Slot>
void note_id(Baselines& baselines, Id<Slot> id, WorkerCountersSpan workers) {
  CHECK(id.slot != none<Slot>);
  if (baselines.size() <= index(id.slot)) baselines.resize(index(id.slot) + 1);
  auto& baseline = baselines[index(id.slot)];
  if (baseline.seen && baseline.generation == id.generation) return;
  if (baseline.seen) baseline.counts = total_of(id.slot, workers);
  baseline.seen = true;
  baseline.generation = id.generation;
}

}  // namespace

void CounterBaselines::note(const GatewayStatus& status, WorkerCountersSpan workers) {
  for (const ListenerStatus& listener : status.listeners) note_id(listeners_, listener.id, workers);
  for (const ClusterStatus& cluster : status.clusters) {
    for (const EndpointStatus& endpoint : cluster.endpoints) {
      note_id(endpoints_, endpoint.id, workers);
    }
  }
}

ListenerCounts CounterBaselines::listener(ListenerId id, WorkerCountersSpan workers) const {
  CHECK(index(id.slot) < listeners_.size());
  const Baseline<ListenerCounts>& baseline = listeners_[index(id.slot)];
  CHECK(baseline.seen && baseline.generation == id.generation);
  ListenerCounts counts = total_of(id.slot, workers);
  counts.packets -= baseline.counts.packets;
  counts.bytes -= baseline.counts.bytes;
  counts.flows -= baseline.counts.flows;
  counts.drops -= baseline.counts.drops;
  counts.quic_routed -= baseline.counts.quic_routed;
  counts.quic_unknown -= baseline.counts.quic_unknown;
  return counts;
}

EndpointCounts CounterBaselines::endpoint(EndpointId id, WorkerCountersSpan workers) const {
  CHECK(index(id.slot) < endpoints_.size());
  const Baseline<EndpointCounts>& baseline = endpoints_[index(id.slot)];
  CHECK(baseline.seen && baseline.generation == id.generation);
  EndpointCounts counts = total_of(id.slot, workers);
  counts.packets -= baseline.counts.packets;
  counts.bytes -= baseline.counts.bytes;
  counts.flows -= baseline.counts.flows;
  return counts;
}

}  // namespace weft::mgmt
