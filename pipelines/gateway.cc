#include "pipelines/gateway.h"

#include <algorithm>

#include "dataplane/base/check.h"
#include "pipelines/l4/next_hop.h"
#include "pipelines/tunnel_probes.h"
#include "pipelines/twin.h"

namespace weft {

Gateway::Gateway(const L4Settings& settings, const EndpointStates& states,
                 const std::atomic<bool>& refuse_new_flows, WorkerCounters& counters,
                 const FlowTimeouts& timeouts, Instant now)
    : settings_(settings),
      states_(states),
      refuse_new_flows_(refuse_new_flows),
      l4_(settings, states, refuse_new_flows, counters, timeouts, now) {}

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
  const uint32_t to_twin = packets_for_twin(burst);
  if (to_twin == 0) [[likely]]
    return;
  if (snapshot.policy->probes != nullptr) {
    return_probes(burst, to_twin, l4_.decisions(), snapshot, *settings_.probe_ports);
  }
  untag_for_twin(burst, to_twin);
}

void Gateway::process_from_twin(Burst& burst, const Snapshot& snapshot, Instant now) {
  CHECK(burst.interface < settings_.links.size());
  if (const ProbePolicy* probes = snapshot.policy->probes.get(); probes != nullptr) {
    const uint32_t found = find_probes(burst, probes->ranges);
    if (found != 0) l4_.send_probes(burst, found, snapshot, now);
  }
  send_from_twin(burst, link(burst.interface).vlan_id);
  if (!tap_.on()) [[likely]]
    return;
  std::array<TapPlace, Burst::packets_max> places;
  for (uint32_t i = 0; i < burst.size; ++i) {
    const bool leaves = burst.outcomes[i].verdict == Verdict::transmit;
    places[i] = {.interface = leaves ? burst.outcomes[i].target : burst.interface};
  }
  tap_.tell_leaving(burst, TapNote::from_twin, places, now);
}

std::unique_ptr<RehearsalRequest> Gateway::make_rehearsal(Packet packet, uint16_t interface,
                                                          Instant now) const {
  constexpr uint32_t flows_max = 1u << 14;  // few enough to be quick, many enough to stay apart
  auto request = std::make_unique<RehearsalRequest>();
  L4Settings settings = settings_;
  FlowsMax& max = settings.flows_max;
  max = {.tunnel4 = std::min(max.tunnel4, flows_max),
         .nat4 = std::min(max.nat4, flows_max),
         .tunnel6 = std::min(max.tunnel6, flows_max),
         .nat6 = std::min(max.nat6, flows_max),
         .streams = 64};
  request->stand_in = std::make_unique<L4>(settings, states_, refuse_new_flows_, request->counters,
                                           FlowTimeouts{}, now);
  // The first page is touched here, and not in the worker's turn.
  request->counters.listeners[0].drops.add(0);
  request->counters.endpoints[0].flows.add(0);
  request->burst.packets[0] = packet;
  request->burst.start(1, interface);
  return request;
}

void Gateway::rehearse(const Snapshot& snapshot, Instant now) {
  RehearsalRequest* request = asked_.exchange(nullptr);
  if (request == nullptr) return;
  request->stand_in->rehearse(l4_, request->burst, snapshot, now, request->rehearsal);
  request->done.store(true, std::memory_order_release);
}

// Where a packet that was held leaves, would have left, or came in.
TapPlace Gateway::place_of(const Burst& burst, uint32_t i, const RoutingPart& routing) {
  const Decision& decision = l4_.decisions()[i];
  const Outcome& outcome = burst.outcomes[i];
  if (outcome.verdict == Verdict::transmit) return {decision.listener_slot, outcome.target};
  if (outcome.drop != Drop::next_hop_unresolved) {
    return {decision.listener_slot, burst.interface, TapPoint::received};
  }
  const IpAddress& towards =
      decision.has_hop_address ? decision.hop_address : burst.headers[i].destination;
  return {decision.listener_slot, find_way(routing, towards).neighbour.interface};
}

uint32_t Gateway::release(Burst& burst, const Snapshot& snapshot, Instant now) {
  if (asked_.load(std::memory_order_relaxed) != nullptr) [[unlikely]] {
    rehearse(snapshot, now);
  }
  if (!tap_.on()) [[likely]]
    return l4_.release(burst, snapshot, now);
  for (Decision& decision : l4_.decisions()) decision.clear();
  const uint32_t released = l4_.release(burst, snapshot, now);
  if (released == 0) return 0;
  std::array<TapPlace, Burst::packets_max> places;
  for (uint32_t i = 0; i < burst.size; ++i) places[i] = place_of(burst, i, *snapshot.routing);
  tap_.tell_leaving(burst, TapNote::none, places, now);
  return released;
}

void Gateway::idle(const Snapshot& snapshot, Instant now) {
  l4_.idle(snapshot, now);
}

}  // namespace weft
