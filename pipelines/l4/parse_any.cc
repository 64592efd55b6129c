#include "pipelines/l4/parse_any.h"

#include <span>

#include "dataplane/wire/checksum.h"
#include "dataplane/wire/ethernet.h"
#include "dataplane/wire/icmp.h"
#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/ipv6.h"
#include "dataplane/wire/l4_checksum.h"
#include "dataplane/wire/tcp.h"
#include "dataplane/wire/udp.h"
#include "dataplane/wire/vlan.h"
#include "pipelines/l4/parse_quoted.h"

namespace weft {
namespace {

using Bytes = std::span<const std::byte>;

// Where the link header ends and what follows; `kernels`: the frame is for the twin.
struct Link {
  uint16_t ether_type = 0;
  uint16_t payload_offset = 0;
  bool kernels = false;
};

// A device that strips tags (af_packet does) says so and keeps the id beside the frame.
uint16_t stripped_vlan_id(const rte_mbuf& buffer) {
  const bool stripped = (buffer.ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0;
  return stripped ? buffer.vlan_tci & VlanView::id_mask : 0;
}

Drop parse_vlan(Packet packet, const LinkFilter& filter, Link& link) {
  uint16_t id = stripped_vlan_id(*packet.buffer());
  if (link.ether_type == ether_type::vlan && id == 0) {
    const auto tag = VlanView::parse(packet.linear().subspan(EthernetView::header_bytes));
    if (!tag) return Drop::frame_truncated;
    id = tag->id();
    link.ether_type = tag->ether_type();
    link.payload_offset += VlanView::header_bytes;
  }
  const bool tagged_again =
      link.ether_type == ether_type::vlan || link.ether_type == ether_type::service_vlan;
  return tagged_again || id != filter.vlan_id.value_or(0) ? Drop::vlan_foreign : Drop::none;
}

// Unicast frames the kernel has a use for: a neighbour probe, a login of 802.1X, clocks, and all
// frames of IEEE 802.3 (spanning tree, IS-IS).
bool is_kernels(uint16_t type) {
  return type < ether_type::first || type == ether_type::arp || type == ether_type::eapol ||
         type == ether_type::lldp || type == ether_type::ptp || type == ether_type::slow_protocols;
}

Drop parse_link(Packet packet, const LinkFilter& filter, Link& link) {
  const auto ethernet = EthernetView::parse(packet.linear());
  if (!ethernet) return Drop::frame_truncated;
  link = {ethernet->ether_type(), EthernetView::header_bytes, false};
  if (const Drop drop = parse_vlan(packet, filter, link); drop != Drop::none) return drop;
  if (ethernet->to_group()) {
    link.kernels = true;
    return Drop::none;
  }
  if (filter.mac && ethernet->destination() != *filter.mac) return Drop::mac_foreign;
  if (link.ether_type == ether_type::ipv4 || link.ether_type == ether_type::ipv6) {
    return Drop::none;
  }
  link.kernels = is_kernels(link.ether_type);
  return link.kernels ? Drop::none : Drop::ethertype_unknown;
}

Drop check_addresses(const Headers& headers) {
  const IpAddress& source = headers.source;
  const bool broadcast = headers.v4 && source.v4() == be32(0xffffffff);
  const bool mapped = !headers.v4 && source.is_v4();
  if (source.is_multicast() || source.is_loopback() || source.is_unspecified() || broadcast ||
      mapped) {
    return Drop::ip_source_invalid;
  }
  if (!headers.v4 && headers.destination.is_v4()) return Drop::ip_header_malformed;
  return source == headers.destination ? Drop::land : Drop::none;
}

// The L4 header, as much of the IP payload as is in one piece, and the size of all of it.
struct IpPayload {
  Packet packet;
  Bytes bytes;
  uint32_t payload_bytes = 0;
};

Drop check_ports(const IpPayload& payload, Headers& headers, be16 source, be16 destination) {
  headers.payload = Payload::transport;
  headers.source_port = source;
  headers.destination_port = destination;
  if (source == be16(0) || destination == be16(0)) return Drop::l4_port_zero;
  // Devices err (some call UDP without a checksum wrong), so make sure.
  const uint64_t device = payload.packet.buffer()->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;
  if (device == RTE_MBUF_F_RX_L4_CKSUM_BAD && !l4_checksum_verifies(payload.packet, headers)) {
    return Drop::l4_checksum_wrong;
  }
  return Drop::none;
}

Drop parse_tcp(const IpPayload& payload, Headers& headers) {
  if (payload.bytes.size() < TcpView::header_bytes_min) return Drop::l4_truncated;
  const auto tcp = TcpView::parse(payload.bytes);
  if (!tcp) return Drop::l4_malformed;
  headers.tcp_flags = tcp->flags();
  const Drop drop = check_ports(payload, headers, tcp->source_port(), tcp->destination_port());
  if (drop != Drop::none) return drop;
  return tcp_flags_valid(headers.tcp_flags) ? Drop::none : Drop::tcp_flags_invalid;
}

Drop parse_udp(const IpPayload& payload, Headers& headers) {
  if (payload.bytes.size() < UdpView::header_bytes) return Drop::l4_truncated;
  const auto udp = UdpView::parse(payload.bytes, payload.payload_bytes);
  if (!udp) return Drop::l4_malformed;
  return check_ports(payload, headers, udp->source_port(), udp->destination_port());
}

Drop parse_icmp(const IpPayload& payload, Headers& headers) {
  const auto icmp = IcmpView::parse(payload.bytes);
  if (!icmp) return Drop::l4_truncated;
  const uint8_t type = icmp->type();
  // Neighbour discovery is the kernel's as ARP is, whoever sends it and from where.
  if (!headers.v4 && is_neighbour_discovery(type)) {
    headers = {};
    return Drop::none;
  }
  if (headers.v4 ? is_icmp_echo(type) : is_icmpv6_echo(type)) {
    headers.payload = Payload::icmp_echo;
    return Drop::none;
  }
  const bool error = headers.v4 ? is_icmp_error(type) : is_icmpv6_error(type);
  headers.payload = error ? Payload::icmp_error : Payload::other;
  if (!error) return Drop::none;
  if (!l4_checksum_verifies(payload.packet, headers)) return Drop::l4_checksum_wrong;
  headers.quoted_offset = static_cast<uint16_t>(headers.l4_offset + IcmpView::header_bytes);
  if (!parse_quoted(payload.packet, headers)) headers.quoted_offset = 0;
  return Drop::none;
}

Drop parse_l4(const IpPayload& payload, Headers& headers) {
  switch (headers.protocol) {
    case Protocol::tcp:
      return parse_tcp(payload, headers);
    case Protocol::udp:
      return parse_udp(payload, headers);
    case Protocol::icmp:
      if (headers.v4) return parse_icmp(payload, headers);
      break;
    case Protocol::icmpv6:
      if (!headers.v4) return parse_icmp(payload, headers);
      break;
    case Protocol::none:
      break;
  }
  headers.payload = Payload::other;
  return Drop::none;
}

Drop why_not_ipv4(Bytes bytes) {
  if (bytes.size() < Ipv4View::header_bytes_min) return Drop::frame_truncated;
  const auto version_ihl = std::to_integer<uint32_t>(bytes[0]);
  const uint32_t header_bytes = (version_ihl & 15) * 4;
  if (version_ihl >> 4 != 4 || header_bytes < Ipv4View::header_bytes_min) {
    return Drop::ip_header_malformed;
  }
  return header_bytes > bytes.size() ? Drop::frame_truncated : Drop::ip_length_wrong;
}

Drop check_ipv4(Packet packet, const Ipv4View& ip) {
  const uint64_t device = packet.buffer()->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;
  if (device != RTE_MBUF_F_RX_IP_CKSUM_GOOD && !InternetSum().add(ip.header()).verifies()) {
    return Drop::ip_checksum_wrong;
  }
  switch (check_ipv4_options(ip.options())) {
    case Ipv4Options::sound:
      return Drop::none;
    case Ipv4Options::malformed:
      return Drop::ip_header_malformed;
    case Ipv4Options::source_route:
      return Drop::ip_source_route;
  }
  return Drop::none;
}

Drop parse_ipv4(Packet packet, uint16_t offset, Headers& headers) {
  const Bytes bytes = packet.linear().subspan(offset);
  const auto ip = Ipv4View::parse(bytes, packet.bytes() - offset);
  if (!ip) return why_not_ipv4(bytes);
  if (const Drop drop = check_ipv4(packet, *ip); drop != Drop::none) return drop;
  headers = {.source = ip->source(),
             .destination = ip->destination(),
             .ip_offset = offset,
             .l4_offset = static_cast<uint16_t>(offset + ip->header_bytes()),
             .ip_bytes = ip->total_bytes(),
             .protocol = static_cast<Protocol>(ip->protocol()),
             .ttl = ip->ttl(),
             .v4 = true,
             .dont_fragment = ip->dont_fragment()};
  if (const Drop drop = check_addresses(headers); drop != Drop::none) return drop;
  if (ip->is_fragment()) {
    headers.payload = Payload::fragment;
    headers.datagram_id = ip->identification();
    return Drop::none;
  }
  return parse_l4({packet, ip->payload(), ip->payload_bytes()}, headers);
}

Drop parse_ipv6_extension(const Ipv6View& ip, Headers& headers) {
  const Bytes payload = ip.payload();
  if (ip.next_header() == ipv6_next::fragment) {
    const auto fragment = Ipv6FragmentView::parse(payload);
    if (!fragment) return Drop::frame_truncated;
    headers.payload = Payload::fragment;
    headers.datagram_id = fragment->identification();
    headers.protocol = static_cast<Protocol>(fragment->next_header());
    return Drop::none;
  }
  // RFC 5095: type 0 routes are as dangerous as source routes of IPv4.
  const bool routed = ip.next_header() == ipv6_next::routing;
  if (routed && payload.size() < 4) return Drop::frame_truncated;
  if (routed && payload[2] == std::byte{0}) return Drop::ip_source_route;
  headers.payload = Payload::other;
  return Drop::none;
}

Drop parse_ipv6(Packet packet, uint16_t offset, Headers& headers) {
  const Bytes bytes = packet.linear().subspan(offset);
  const auto ip = Ipv6View::parse(bytes, packet.bytes() - offset);
  if (!ip) {
    if (bytes.size() < Ipv6View::header_bytes) return Drop::frame_truncated;
    const bool six = std::to_integer<uint32_t>(bytes[0]) >> 4 == 6;
    return six ? Drop::ip_length_wrong : Drop::ip_header_malformed;
  }
  if (ip->total_bytes() > UINT16_MAX) return Drop::ip_length_wrong;
  headers = {.source = ip->source(),
             .destination = ip->destination(),
             .ip_offset = offset,
             .l4_offset = static_cast<uint16_t>(offset + Ipv6View::header_bytes),
             .ip_bytes = static_cast<uint16_t>(ip->total_bytes()),
             .protocol = static_cast<Protocol>(ip->next_header()),
             .ttl = ip->hop_limit(),
             .v4 = false,
             .dont_fragment = true};
  const IpPayload payload{packet, ip->payload(), ip->payload_bytes()};
  if (const Drop drop = check_addresses(headers); drop != Drop::none) {
    // Duplicate address detection comes from the unspecified address.
    const auto icmp = IcmpView::parse(payload.bytes);
    const bool discovery = headers.protocol == Protocol::icmpv6 && icmp.has_value() &&
                           is_neighbour_discovery(icmp->type());
    if (!discovery || !headers.source.is_unspecified()) return drop;
  }
  const uint8_t next = ip->next_header();
  if (next == ipv6_next::fragment || next == ipv6_next::routing) {
    return parse_ipv6_extension(*ip, headers);
  }
  return parse_l4(payload, headers);
}

}  // namespace

Drop parse_any(Packet packet, const LinkFilter& filter, Headers& headers) {
  headers = {};
  Link link;
  if (const Drop drop = parse_link(packet, filter, link); drop != Drop::none) return drop;
  if (link.kernels) return Drop::none;
  if (link.ether_type == ether_type::ipv4) return parse_ipv4(packet, link.payload_offset, headers);
  return parse_ipv6(packet, link.payload_offset, headers);
}

}  // namespace weft
