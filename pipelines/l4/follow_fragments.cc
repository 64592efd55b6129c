#include "pipelines/l4/follow_fragments.h"

#include "dataplane/interface/steering.h"
#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/ipv6.h"

namespace weft {
namespace {

PieceExtent extent_of(Packet packet, const Headers& headers) {
  const auto bytes = packet.linear().subspan(headers.ip_offset);
  if (headers.v4) {
    const auto ip = Ipv4View::parse(bytes, headers.ip_bytes);
    const uint32_t offset_bytes = ip->fragment_offset() * 8u;
    return {offset_bytes, offset_bytes + ip->payload_bytes(), ip->more_fragments()};
  }
  const auto ip = Ipv6View::parse(bytes, headers.ip_bytes);
  const Ipv6Extensions extensions = walk_ipv6_extensions(ip->next_header(), ip->payload());
  const uint32_t piece_bytes = ip->payload_bytes() - extensions.fragment_header_end_bytes;
  return {extensions.fragment_offset_bytes, extensions.fragment_offset_bytes + piece_bytes,
          extensions.more_fragments};
}

void set_ports(Burst& burst, uint32_t i, const DatagramPorts& ports) {
  burst.headers[i].protocol = ports.protocol;
  burst.headers[i].source_port = ports.source;
  burst.headers[i].destination_port = ports.destination;
  burst.ports[i] = ports;
  burst.followed |= 1u << i;
}

bool is_hosts(const ListenerTable& table, const IpAddress& address) {
  const AddressOwner* owner = table.owners.find(address);
  return owner != nullptr && *owner == AddressOwner::host;
}

void follow_first(Burst& burst, uint32_t i, Fragments& fragments, Instant now) {
  const Headers& headers = burst.headers[i];
  const PieceExtent extent = extent_of(burst.packets[i], headers);
  const Drop drop = fragments.name_ports(headers, extent, now);
  if (drop != Drop::none) return burst.drop(i, drop);
  set_ports(burst, i, {headers.source_port, headers.destination_port, headers.protocol});
}

void follow_later(Burst& burst, uint32_t i, Fragments& fragments, Instant now) {
  const Headers& headers = burst.headers[i];
  const Packet packet = burst.packets[i];
  const auto found = fragments.find_ports(headers, extent_of(packet, headers), now);
  if (found.drop != Drop::none) return burst.drop(i, found.drop);
  if (found.ports) return set_ports(burst, i, *found.ports);
  if (fragments.hold(packet, headers, burst.interface, now)) return burst.hold(i);
  burst.drop(i, Drop::fragment_table_full);
}

}  // namespace

void follow_pieces(Burst& burst, Fragments& fragments, const PolicyPart& policy,
                   const KeyedHash& hash, uint16_t self, Instant now) {
  Burst::for_each(burst.fragments & burst.live, [&](uint32_t i) {
    const Headers& headers = burst.headers[i];
    if ((burst.followed >> i & 1) != 0) return set_ports(burst, i, burst.ports[i]);
    if (is_hosts(policy.listeners, headers.destination)) return;
    const uint16_t worker = policy.steering[steering::datagram_owner(headers, hash)];
    if (worker != self) return burst.hand_off(i, worker);
    if (headers.payload == Payload::first_fragment) return follow_first(burst, i, fragments, now);
    follow_later(burst, i, fragments, now);
  });
}

}  // namespace weft
