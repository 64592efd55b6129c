#include "pipelines/l4/route_quic.h"

#include <algorithm>

#include "dataplane/wire/quic.h"
#include "dataplane/wire/udp.h"

namespace weft {

namespace {

// The UDP payload as far as it is in the first segment.
std::span<const std::byte> datagram(const Packet& packet, const Headers& headers) {
  const uint32_t ip_end = uint32_t{headers.ip_offset} + headers.ip_bytes;
  const uint32_t end = std::min(ip_end, packet.linear_bytes());
  const auto bytes = packet.linear().first(end).subspan(headers.l4_offset);
  const auto udp = UdpView::parse(bytes, ip_end - headers.l4_offset);
  // A first fragment is shorter than its UDP header says.
  if (!udp) return bytes.subspan(std::min<std::size_t>(bytes.size(), UdpView::header_bytes));
  return bytes.first(std::min<std::size_t>(bytes.size(), udp->length_bytes()))
      .subspan(UdpView::header_bytes);
}

// The present endpoint that the id names.
EndpointSlot named_by(std::span<const std::byte> id, const ListenerPolicy& listener,
                      const EndpointPart& endpoints) {
  const auto server = listener.quic->decode(id);
  if (!server) return none<EndpointSlot>;
  const ClusterRecord* cluster = endpoints.cluster(listener.cluster);
  const EndpointSlot* slot = cluster == nullptr ? nullptr : cluster->server_ids.find(*server);
  const bool present = slot != nullptr && endpoints.records.has(index(*slot)) &&
                       endpoints.records[index(*slot)].cluster == listener.cluster;
  return present ? *slot : none<EndpointSlot>;
}

void route(const Packet& packet, const Headers& headers, Decision& decision,
           const Snapshot& snapshot, const EndpointStates& states, QuicCounters& counters) {
  const auto view = QuicView::parse(datagram(packet, headers));
  if (!view || view->is_long()) return;
  const EndpointSlot named =
      named_by(view->destination_id(), *decision.listener, *snapshot.endpoints);
  if (named == none<EndpointSlot> || states.get(named) == EndpointState::down) {
    return counters.unknown.add(1);
  }
  decision.by_id = named;
  counters.routed.add(1);
}

}  // namespace

void route_quic(Burst& burst, Decisions& decisions, const Snapshot& snapshot,
                const EndpointStates& states, WorkerCounters& counters) {
  if (!snapshot.policy->listeners.any_quic) return;
  burst.for_each_live([&](uint32_t i) {
    const Headers& headers = burst.headers[i];
    Decision& decision = decisions[i];
    if (decision.listener == nullptr || decision.listener->quic == nullptr) return;
    if (headers.payload != Payload::transport && headers.payload != Payload::first_fragment) return;
    route(burst.packets[i], headers, decision, snapshot, states,
          counters.quic[index(decision.listener_slot)]);
  });
}

}  // namespace weft
