#include "pipelines/l4/next_hop.h"

#include "dataplane/wire/ethernet.h"

namespace weft {

Way find_way(const RoutingPart& routing, const IpAddress& destination) {
  const IpRoute* route = routing.routes.find(destination);
  if (route == nullptr) return {};
  const bool on_link = route->gateway.is_unspecified();
  const Neighbour neighbour{route->interface, on_link ? destination : route->gateway};
  const uint32_t* next_hop = routing.neighbours.find(neighbour);
  return {next_hop == nullptr ? 0 : *next_hop, route->mtu_bytes, neighbour};
}

static constexpr uint32_t untagged_bytes = 14;
static constexpr uint32_t tag_bytes = 4;

// So that `bytes` lie in front of the IP header. False: no room.
static bool make_room(Packet packet, uint32_t ip_offset, uint32_t bytes) {
  if (ip_offset == bytes) [[likely]]
    return true;
  if (ip_offset > bytes) {
    packet.trim_front(ip_offset - bytes);
    return true;
  }
  if (packet.headroom_bytes() < bytes - ip_offset) return false;
  packet.prepend(bytes - ip_offset);
  return true;
}

// Puts `hop.link_header` in front of the IP header, with the EtherType of the packet's family: the
// neighbour's address may be of the other one. False: no room.
static bool write_link_header(Packet packet, const Headers& headers, const NextHop& hop) {
  const uint32_t bytes = hop.link_header_bytes;
  if (!make_room(packet, headers.ip_offset, bytes)) [[unlikely]]
    return false;
  std::byte* to = packet.data();
  std::memcpy(to, hop.link_header.data(), untagged_bytes);
  if (bytes != untagged_bytes) {
    std::memcpy(to + untagged_bytes, hop.link_header.data() + untagged_bytes, tag_bytes);
  }
  store(to + bytes - sizeof(be16), be16(headers.v4 ? ether_type::ipv4 : ether_type::ipv6));
  const uint32_t frame_bytes = bytes + headers.ip_bytes;
  if (packet.bytes() > frame_bytes && packet.linear_bytes() == packet.bytes()) {
    packet.resize(frame_bytes);
  }
  return true;
}

void next_hop(Burst& burst, const Decisions& decisions, const RoutingPart& routing,
              NeighbourWishes& wishes, WaitingPackets& waiting, Instant now) {
  burst.for_each_live([&](uint32_t i) {
    const Headers& headers = burst.headers[i];
    const bool answer = (burst.answered >> i & 1) != 0;
    uint32_t at = answer ? 0 : decisions[i].next_hop;
    const NextHop* hop = &routing.next_hops[at];
    if (hop->link_header_bytes == 0) [[unlikely]] {
      const bool by_address = !answer && decisions[i].has_hop_address;
      const IpAddress& towards = by_address ? decisions[i].hop_address : headers.destination;
      const Way way = find_way(routing, towards);
      if (way.mtu_bytes == 0) return burst.drop(i, Drop::no_route);
      hop = &routing.next_hops[way.next_hop];
      if (hop->link_header_bytes == 0) {
        wishes.ask(way.neighbour);
        const bool waits = answer ? waiting.put_answer(burst.packets[i], headers, now)
                                  : waiting.put(burst.packets[i], headers, decisions[i], now);
        if (waits) return burst.hold(i);
        return burst.drop(i, Drop::next_hop_unresolved);
      }
    }
    if (!write_link_header(burst.packets[i], headers, *hop)) [[unlikely]] {
      return burst.drop(i, Drop::no_headroom);
    }
    burst.transmit(i, hop->interface);
  });
}

}  // namespace weft
