#include "pipelines/gateway.h"

#include "dataplane/base/check.h"
#include "pipelines/l4/next_hop.h"
#include "pipelines/twin.h"

namespace weft {

Gateway::Gateway(const L4Settings& settings, const EndpointStates& states,
                 const std::atomic<bool>& refuse_new_flows, WorkerCounters& counters,
                 const FlowTimeouts& timeouts, Instant now)
    : links_(settings.links), l4_(settings, states, refuse_new_flows, counters, timeouts, now) {}

// What ends before it has a listener has none.
void Gateway::look(const Burst& burst, Instant now) {
  for (Decision& decision : l4_.decisions()) decision.clear();
  tap_.look(burst, now);
}

Gateway::Listeners Gateway::listeners() {
  Listeners listeners;
  for (uint32_t i = 0; i < listeners.size(); ++i) {
    listeners[i] = l4_.decisions()[i].listener_slot;
  }
  return listeners;
}

void Gateway::process(Burst& burst, const Snapshot& snapshot, Instant now) {
  const bool tapped = tap_.on();
  if (tapped) [[unlikely]] {
    look(burst, now);
  }
  l4_.process(burst, snapshot, now);
  if (tapped) [[unlikely]] {
    tap_.tell(burst, listeners());
  }
  untag_for_twin(burst);
}

void Gateway::process_from_twin(Burst& burst, const Snapshot&, Instant now) {
  CHECK(burst.interface < links_.size());
  send_from_twin(burst, links_[burst.interface].vlan_id);
  if (!tap_.on()) [[likely]]
    return;
  Listeners listeners;
  listeners.fill(none<ListenerSlot>);
  std::array<uint16_t, Burst::packets_max> interfaces;
  interfaces.fill(burst.interface);
  tap_.tell_leaving(burst, TapNote::from_twin, listeners, interfaces, now);
}

uint32_t Gateway::release(Burst& burst, const Snapshot& snapshot, Instant now) {
  const uint32_t released = l4_.release(burst, snapshot, now);
  if (released == 0 || !tap_.on()) [[likely]]
    return released;
  std::array<uint16_t, Burst::packets_max> interfaces{};
  for (uint32_t i = 0; i < burst.size; ++i) {
    const Outcome& outcome = burst.outcomes[i];
    interfaces[i] =
        outcome.verdict == Verdict::transmit
            ? outcome.target
            : find_way(*snapshot.routing, burst.headers[i].destination).neighbour.interface;
  }
  tap_.tell_leaving(burst, TapNote::none, listeners(), interfaces, now);
  return released;
}

void Gateway::idle(const Snapshot& snapshot, Instant now) {
  l4_.idle(snapshot, now);
}

}  // namespace weft
