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
  bool more_fragments = false;
  uint16_t fragment_offset_bytes = 0;
};

Drop check_ports(const IpPayload& payload, Headers& headers, be16 source, be16 destination) {
  headers.payload = payload.more_fragments ? Payload::first_fragment : Payload::transport;
  headers.source_port = source;
  headers.destination_port = destination;
  if (source == be16(0) || destination == be16(0)) return Drop::l4_port_zero;
  // Devices err (some call UDP without a checksum wrong, or a piece), so make sure.
  const uint64_t device = payload.packet.buffer()->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;
  if (device == RTE_MBUF_F_RX_L4_CKSUM_BAD && !payload.more_fragments &&
      !l4_checksum_verifies(payload.packet, headers)) {
    return Drop::l4_checksum_wrong;
  }
  return Drop::none;
}

Drop parse_tcp(const IpPayload& payload, Headers& headers) {
  const bool piece = payload.more_fragments;
  if (payload.bytes.size() < TcpView::header_bytes_min) {
    return piece ? Drop::fragment_tiny : Drop::l4_truncated;
  }
  const auto tcp = TcpView::parse(payload.bytes);
  if (!tcp) {
    const bool announces_more = load<uint8_t>(&payload.bytes[12]) >> 4 >= 5;
    return piece && announces_more ? Drop::fragment_tiny : Drop::l4_malformed;
  }
  headers.tcp_flags = tcp->flags();
  const Drop drop = check_ports(payload, headers, tcp->source_port(), tcp->destination_port());
  if (drop != Drop::none) return drop;
  return tcp_flags_valid(headers.tcp_flags) ? Drop::none : Drop::tcp_flags_invalid;
}

Drop parse_udp(const IpPayload& payload, Headers& headers) {
  if (payload.bytes.size() < UdpView::header_bytes) {
    return payload.more_fragments ? Drop::fragment_tiny : Drop::l4_truncated;
  }
  // The length of a first piece is that of the datagram.
  const uint32_t bytes_max = payload.more_fragments ? UINT16_MAX : payload.payload_bytes;
  const auto udp = UdpView::parse(payload.bytes, bytes_max);
  if (!udp) return Drop::l4_malformed;
  return check_ports(payload, headers, udp->source_port(), udp->destination_port());
}

Drop parse_icmp_error(const IpPayload& payload, Headers& headers) {
  headers.payload = Payload::icmp_error;
  if (payload.more_fragments) return Drop::none;
  if (!l4_checksum_verifies(payload.packet, headers)) return Drop::l4_checksum_wrong;
  headers.quoted_offset = static_cast<uint16_t>(headers.l4_offset + IcmpView::header_bytes);
  if (!parse_quoted(payload.packet, headers)) headers.quoted_offset = 0;
  return Drop::none;
}

Drop parse_icmp(const IpPayload& payload, Headers& headers) {
  const auto icmp = IcmpView::parse(payload.bytes);
  if (!icmp) return payload.more_fragments ? Drop::fragment_tiny : Drop::l4_truncated;
  const uint8_t type = icmp->type();
  // Neighbour discovery is the kernel's as ARP is, whoever sends it and from where.
  if (!headers.v4 && is_neighbour_discovery(type)) {
    headers = {};
    return Drop::none;
  }
  headers.payload = Payload::other;
  if (headers.v4 ? is_icmp_echo(type) : is_icmpv6_echo(type)) headers.payload = Payload::icmp_echo;
  const bool error = headers.v4 ? is_icmp_error(type) : is_icmpv6_error(type);
  return error ? parse_icmp_error(payload, headers) : Drop::none;
}

// RFC 1858, 3: the header of a TCP segment is in its first piece, so that none may lie over it.
Drop parse_later_fragment(const IpPayload& payload, Headers& headers) {
  const bool tcp = headers.protocol == Protocol::tcp;
  const bool icmp = headers.protocol == (headers.v4 ? Protocol::icmp : Protocol::icmpv6);
  // What the first piece has behind destination options, only that one says.
  const bool unknown = !headers.v4 && is_ipv6_extension(static_cast<uint8_t>(headers.protocol));
  headers.payload = icmp ? Payload::icmp_echo : Payload::other;
  if (!tcp && !unknown && headers.protocol != Protocol::udp) return Drop::none;
  headers.payload = Payload::later_fragment;
  const bool over_header = tcp && payload.fragment_offset_bytes < TcpView::header_bytes_min;
  return over_header ? Drop::fragment_overlap : Drop::none;
}

Drop parse_l4(const IpPayload& payload, Headers& headers) {
  if (payload.fragment_offset_bytes != 0) return parse_later_fragment(payload, headers);
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
  const auto fragment_offset_bytes = static_cast<uint16_t>(ip->fragment_offset() * 8);
  if (ip->is_fragment()) headers.datagram_id = ip->identification();
  return parse_l4(
      {packet, ip->payload(), ip->payload_bytes(), ip->more_fragments(), fragment_offset_bytes},
      headers);
}

Drop drop_of(Ipv6Extensions::Verdict verdict) {
  switch (verdict) {
    case Ipv6Extensions::Verdict::sound:
      return Drop::none;
    case Ipv6Extensions::Verdict::cut_off:
      return Drop::frame_truncated;
    case Ipv6Extensions::Verdict::misplaced:
      return Drop::ip_header_malformed;
    case Ipv6Extensions::Verdict::source_route:
      return Drop::ip_source_route;
    case Ipv6Extensions::Verdict::too_long:
      return Drop::ip_extensions_too_long;
  }
  return Drop::none;
}

Drop parse_ipv6_payload(Packet packet, const Ipv6View& ip, Headers& headers) {
  const Bytes payload = ip.payload();
  const Ipv6Extensions extensions = walk_ipv6_extensions(ip.next_header(), payload);
  if (const Drop drop = drop_of(extensions.verdict); drop != Drop::none) return drop;
  headers.l4_offset = static_cast<uint16_t>(headers.l4_offset + extensions.bytes);
  headers.protocol = static_cast<Protocol>(extensions.next_header);
  if (extensions.is_fragment()) headers.datagram_id = extensions.identification;
  return parse_l4({packet, payload.subspan(extensions.bytes), ip.payload_bytes() - extensions.bytes,
                   extensions.more_fragments, extensions.fragment_offset_bytes},
                  headers);
}

// Duplicate address detection comes from the unspecified address (RFC 4862, 5.4).
bool is_address_detection(const Ipv6View& ip) {
  const auto icmp = IcmpView::parse(ip.payload());
  return static_cast<Protocol>(ip.next_header()) == Protocol::icmpv6 && icmp.has_value() &&
         is_neighbour_discovery(icmp->type()) && ip.source().is_unspecified();
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
             .ttl = ip->hop_limit(),
             .v4 = false,
             .dont_fragment = true};
  const Drop drop = check_addresses(headers);
  if (drop != Drop::none && !is_address_detection(*ip)) return drop;
  return parse_ipv6_payload(packet, *ip, headers);
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
