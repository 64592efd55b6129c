#include "pipelines/l4/forward_tunnel.h"

#include <algorithm>

#include "dataplane/base/planted_bug.h"
#include "dataplane/table/hash_of.h"
#include "dataplane/wire/checksum.h"
#include "dataplane/wire/ethernet.h"
#include "dataplane/wire/gre.h"
#include "dataplane/wire/gue.h"
#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/ipv6.h"
#include "pipelines/l4/source_address.h"
#include "pipelines/l4/ttl.h"

namespace weft {
namespace {

constexpr uint8_t outer_ttl = 64;
constexpr uint8_t ipv4_in_ip = 4;  // protocol numbers
constexpr uint8_t ipv6_in_ip = 41;

constexpr uint32_t ip_header_bytes(bool v4) {
  return v4 ? Ipv4View::header_bytes_min : Ipv6View::header_bytes;
}

// Between the outer IP header and the packet.
constexpr uint32_t shim_bytes(Forward mode) {
  return mode == Forward::gre ? gre_header_bytes : mode == Forward::gue ? gue_header_bytes : 0;
}

// The same for all packets of a flow, in both directions of time.
uint32_t entropy_of(const Headers& headers) {
  const uint64_t ports = headers.source_port.raw | uint64_t{headers.destination_port.raw} << 16;
  const uint64_t source = load<uint64_t>(headers.source.bytes().data() + 8);
  const uint64_t destination = load<uint64_t>(headers.destination.bytes().data() + 8);
  return static_cast<uint32_t>(mix(source ^ ports << 32, destination) >> 32);
}

struct Outer {
  uint16_t ip_bytes = 0;
  uint8_t protocol = 0;
  uint8_t type_of_service = 0;
  uint32_t entropy = 0;
};

void write_outer_v6(std::byte* to, const Outer& outer, const IpAddress& source,
                    const IpAddress& endpoint) {
  constexpr uint32_t flow_label_mask = 0xfffff;
  store(to,
        be32(6u << 28 | uint32_t{outer.type_of_service} << 20 | (outer.entropy & flow_label_mask)));
  store(to + 4, be16(static_cast<uint16_t>(outer.ip_bytes - Ipv6View::header_bytes)));
  to[6] = std::byte{outer.protocol};
  to[7] = std::byte{outer_ttl};
  store(to + 8, source.bytes());
  store(to + 24, endpoint.bytes());
}

// RFC 8200, 8.1. `udp_bytes` from the UDP header on, over all segments.
void write_udp_checksum(Packet packet, uint32_t udp_offset, uint32_t udp_bytes,
                        const IpAddress& source, const IpAddress& destination) {
  if (planted(PlantedBug::unchecked_gue)) return;
  InternetSum sum = pseudo_header_sum(source, destination, Protocol::udp, udp_bytes);
  uint32_t skip = udp_offset;
  for (const rte_mbuf* segment = packet.buffer(); segment != nullptr && udp_bytes > 0;
       segment = segment->next) {
    const uint32_t bytes = std::min<uint32_t>(segment->data_len - skip, udp_bytes);
    sum.add({rte_pktmbuf_mtod_offset(segment, const std::byte*, skip), bytes});
    udp_bytes -= bytes;
    skip = 0;
  }
  store(packet.data() + udp_offset + gue_checksum_offset, sum.udp_checksum());
}

uint8_t type_of_service(const std::byte* ip, bool v4) {
  if (v4) return std::to_integer<uint8_t>(ip[1]);
  return static_cast<uint8_t>(load<be16>(ip).host() >> 4);
}

template <Forward mode>
uint8_t protocol_of(bool inner_v4) {
  if (mode == Forward::gre) return gre_protocol;
  if (mode == Forward::gue) return static_cast<uint8_t>(Protocol::udp);
  return inner_v4 ? ipv4_in_ip : ipv6_in_ip;
}

// One body for each mode and outer family.
template <Forward mode, bool outer_v4>
void encapsulate(Burst& burst, uint32_t i, const EndpointRecord& endpoint) {
  constexpr uint32_t outer_ip_bytes = ip_header_bytes(outer_v4);
  constexpr uint32_t outer_bytes = outer_ip_bytes + shim_bytes(mode);
  Headers& headers = burst.headers[i];
  const Packet packet = burst.packets[i];
  const uint32_t ip_bytes = headers.ip_bytes + outer_bytes;
  if (ip_bytes > endpoint.path_mtu_bytes && endpoint.path_mtu_bytes != 0) [[unlikely]] {
    return burst.refuse(i, Drop::packet_too_big, Reply::fragmentation_needed,
                        static_cast<uint16_t>(endpoint.path_mtu_bytes - outer_bytes));
  }
  if (packet.headroom_bytes() < outer_bytes) [[unlikely]] {
    return burst.drop(i, Drop::no_headroom);
  }
  if (endpoint.source == IpAddress{}) [[unlikely]] {
    return burst.drop(i, Drop::no_source_address);
  }
  std::byte* inner = packet.data() + headers.ip_offset;
  decrement_ttl(inner, headers.v4);
  Outer outer{.ip_bytes = static_cast<uint16_t>(ip_bytes),
              .protocol = protocol_of<mode>(headers.v4),
              .type_of_service = type_of_service(inner, headers.v4)};
  const bool varies = mode == Forward::gue || !outer_v4 || endpoint.source_host_bits != 0;
  if (varies) outer.entropy = entropy_of(headers);
  const uint32_t hosts = 1u << endpoint.source_host_bits;
  // Not in a local, of which the compiler writes a part back: the load of the whole waits for it.
  headers.source = source_address(endpoint, outer.entropy >> 16 & (hosts - 1));
  headers.destination = endpoint.address;
  packet.prepend(outer_bytes);
  std::byte* ip = inner - outer_bytes;
  std::byte* shim = ip + outer_ip_bytes;
  if constexpr (mode == Forward::gre) {
    write_gre_header(shim, headers.v4 ? ether_type::ipv4 : ether_type::ipv6);
  }
  const auto udp_bytes = static_cast<uint16_t>(ip_bytes - outer_ip_bytes);
  if constexpr (mode == Forward::gue) write_gue_header(shim, udp_bytes, outer.entropy);
  if constexpr (outer_v4) {
    write_ipv4_header(ip, {.source = headers.source.v4(),
                           .destination = endpoint.address.v4(),
                           .total_bytes = outer.ip_bytes,
                           .protocol = static_cast<Protocol>(outer.protocol),
                           .ttl = outer_ttl,
                           .type_of_service = outer.type_of_service});
  } else {
    write_outer_v6(ip, outer, headers.source, endpoint.address);
    if (mode == Forward::gue) {
      write_udp_checksum(packet, headers.ip_offset + outer_ip_bytes, udp_bytes, headers.source,
                         headers.destination);
    }
  }
  headers.ip_bytes = static_cast<uint16_t>(ip_bytes);
  headers.v4 = outer_v4;
}

template <Forward mode>
void encapsulate(Burst& burst, uint32_t i, const EndpointRecord& endpoint) {
  if (endpoint.address.is_v4()) return encapsulate<mode, true>(burst, i, endpoint);
  encapsulate<mode, false>(burst, i, endpoint);
}

}  // namespace

uint32_t tunnel_bytes(Forward mode, bool outer_v4) {
  return is_tunnel(mode) ? ip_header_bytes(outer_v4) + shim_bytes(mode) : 0;
}

void forward_tunnel(Burst& burst, uint32_t which, const Decisions& decisions) {
  Burst::for_each(which, [&](uint32_t i) {
    const Decision& decision = decisions[i];
    switch (decision.listener->forward) {
      case Forward::gue:
        return encapsulate<Forward::gue>(burst, i, *decision.record);
      case Forward::gre:
        return encapsulate<Forward::gre>(burst, i, *decision.record);
      default:
        return encapsulate<Forward::ipip>(burst, i, *decision.record);
    }
  });
}

}  // namespace weft
