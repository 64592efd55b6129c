#include "pipelines/tunnel_probes.h"

#include <algorithm>

#include "dataplane/wire/ethernet.h"
#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/ipv6.h"
#include "pipelines/l4/forward_direct.h"
#include "pipelines/l4/forward_nat.h"
#include "pipelines/l4/forward_tunnel.h"
#include "pipelines/l4/parse_any.h"

namespace weft {

namespace {

constexpr uint32_t ether_type_offset = 12;
constexpr uint32_t v4_destination_offset = 16;  // from the IP header
constexpr uint32_t v6_destination_offset = 24;
constexpr uint8_t hops = 2;  // that rewriting and forwarding take off a probe; of a reply one

// The kernel's frames have no tag here. Unspecified: not IP, or cut short.
IpAddress destination_of(Packet packet) {
  const uint32_t bytes = packet.linear_bytes();
  if (bytes < EthernetView::header_bytes + Ipv4View::header_bytes_min) return {};
  const std::byte* ip = packet.data() + EthernetView::header_bytes;
  const auto type = load<be16>(packet.data() + ether_type_offset);
  if (type == be16(ether_type::ipv4)) return IpAddress::v4(load<be32>(ip + v4_destination_offset));
  const bool v6 = type == be16(ether_type::ipv6) &&
                  bytes >= EthernetView::header_bytes + Ipv6View::header_bytes;
  return v6 ? IpAddress::v6(ip + v6_destination_offset) : IpAddress{};
}

IpAddress own_address(const RoutingPart& routing, uint32_t next_hop, bool v4) {
  const auto of_family = [v4](const OwnAddresses& own) { return v4 ? own.v4 : own.v6; };
  const uint16_t interface = routing.next_hops[next_hop].interface;
  const IpAddress nearest = of_family(routing.icmp_sources[interface]);
  if (nearest != IpAddress{}) return nearest;
  const auto some = std::ranges::find_if(
      routing.icmp_sources, [&](const OwnAddresses& own) { return of_family(own) != IpAddress{}; });
  return some == routing.icmp_sources.end() ? IpAddress{} : of_family(*some);
}

bool is_tcp(const Headers& headers) {
  return headers.payload == Payload::transport && headers.protocol == Protocol::tcp;
}

// The address of the listener that the endpoint is probed through; unspecified: it is not.
IpAddress probed_address(const Snapshot& snapshot, EndpointSlot endpoint) {
  const EndpointPart& endpoints = *snapshot.endpoints;
  if (endpoint == none<EndpointSlot> || !endpoints.present(endpoint)) return {};
  const ListenerSlot listener = endpoints.records[index(endpoint)].probed_through;
  const std::vector<IpAddress>& addresses = snapshot.policy->probes->listener_addresses;
  if (listener == none<ListenerSlot> || index(listener) >= addresses.size()) return {};
  return addresses[index(listener)];
}

// Decides where a probe goes, or why it does not.
Drop address_probe(const Headers& headers, Decision& decision, const Snapshot& snapshot,
                   ProbePorts& ports) {
  const ProbeRange& range = snapshot.policy->probes->ranges.of_family(headers.v4);
  if (!is_tcp(headers) || headers.source != range.host()) return Drop::probe_unknown;
  const EndpointSlot endpoint = range.endpoint_at(headers.destination).value_or(none<EndpointSlot>);
  const IpAddress listener = probed_address(snapshot, endpoint);
  if (listener == IpAddress{} || listener.is_v4() != headers.v4) return Drop::probe_unknown;
  const EndpointRecord& record = snapshot.endpoints->records[index(endpoint)];
  const IpAddress own = own_address(*snapshot.routing, record.next_hop, headers.v4);
  if (own == IpAddress{}) return Drop::no_source_address;
  if (headers.ttl <= hops) return Drop::ttl_expired;
  ports.set(headers.v4, headers.source_port, endpoint);
  decision.clear();
  decision.listener = &snapshot.policy->listeners.policies[index(record.probed_through)];
  decision.endpoint = endpoint;
  decision.record = &record;
  decision.rewrite_address = listener;
  decision.rewrite_port = headers.destination_port;
  decision.rewrites_both = true;
  decision.near_address = own;
  decision.near_port = headers.source_port;
  decision.next_hop = record.next_hop;
  decision.mtu_bytes = record.path_mtu_bytes;
  return Drop::none;
}

bool is_reply(const Headers& headers, Decision& decision, const Snapshot& snapshot,
              const ProbePorts& ports) {
  if (!is_tcp(headers) || headers.ttl <= 1) return false;
  const EndpointSlot endpoint = ports.get(headers.v4, headers.destination_port);
  const ProbeRange& range = snapshot.policy->probes->ranges.of_family(headers.v4);
  if (range.empty() || probed_address(snapshot, endpoint) != headers.source) return false;
  decision.clear();
  decision.rewrite_address = range.of(endpoint);
  decision.rewrite_port = headers.source_port;
  decision.rewrites_both = true;
  decision.near_address = range.host();
  decision.near_port = headers.destination_port;
  decision.mtu_bytes = 0;  // the twin's is the wire's
  return true;
}

}  // namespace

uint32_t find_probes(const Burst& burst, const ProbeRanges& ranges) {
  uint32_t probes = 0;
  burst.for_each_live([&](uint32_t i) {
    probes |= uint32_t{ranges.contains(destination_of(burst.packets[i]))} << i;
  });
  return probes;
}

void send_probes(Burst& burst, Decisions& decisions, const Snapshot& snapshot, ProbePorts& ports) {
  uint32_t direct = 0;
  burst.for_each_live([&](uint32_t i) {
    Drop drop = parse_any(burst.packets[i], {}, burst.headers[i]);
    if (drop == Drop::none) drop = address_probe(burst.headers[i], decisions[i], snapshot, ports);
    if (drop != Drop::none) return burst.drop(i, drop);
    direct |= uint32_t{decisions[i].listener->forward == Forward::direct} << i;
  });
  forward_nat<Direction::to_endpoint>(burst, burst.live, decisions);
  forward_direct(burst, burst.live & direct, decisions);
  forward_tunnel(burst, burst.live & ~direct, decisions);
}

void return_probes(Burst& burst, uint32_t to_twin, Decisions& decisions, const Snapshot& snapshot,
                   const ProbePorts& ports) {
  uint32_t replies = 0;
  Burst::for_each(to_twin, [&](uint32_t i) {
    replies |= uint32_t{is_reply(burst.headers[i], decisions[i], snapshot, ports)} << i;
  });
  forward_nat<Direction::to_client>(burst, replies, decisions);
}

}  // namespace weft
