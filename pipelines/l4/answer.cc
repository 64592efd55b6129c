#include "pipelines/l4/answer.h"

#include <algorithm>
#include <cstring>

#include "dataplane/wire/checksum.h"
#include "dataplane/wire/ethernet.h"
#include "dataplane/wire/icmp.h"
#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/ipv6.h"
#include "dataplane/wire/l4_checksum.h"
#include "dataplane/wire/tcp.h"
#include "pipelines/l4/handshake.h"
#include "pipelines/l4/segment.h"
#include "pipelines/l4/write_ip_header.h"

namespace weft {
namespace {

// RFC 1812, 4.3.2.3; RFC 4443, 2.4 (c): the least MTU.
constexpr uint32_t icmp_packet_bytes_max(bool v4) {
  return v4 ? 576 : 1280;
}

bool is_group(const IpAddress& address) {
  return address.is_multicast() || address == IpAddress::v4(be32(0xffffffff));
}

bool is_later_fragment(Packet packet, const Headers& headers) {
  if (headers.payload == Payload::later_fragment) return true;
  if (headers.payload == Payload::transport || headers.payload == Payload::first_fragment) {
    return false;
  }
  const auto bytes = packet.linear().subspan(headers.ip_offset);
  if (headers.v4) return Ipv4View::parse(bytes, headers.ip_bytes)->fragment_offset() != 0;
  const auto ip = Ipv6View::parse(bytes, headers.ip_bytes);
  return walk_ipv6_extensions(ip->next_header(), ip->payload()).fragment_offset_bytes != 0;
}

// Whether any reply may go to the sender of this packet (RFC 1122, 3.2.2; RFC 4443, 2.4 (e); RFC
// 9293, 3.5.2).
bool may_be_answered(Packet packet, const Headers& headers, Reply reply) {
  if (EthernetView::parse(packet.linear())->to_group()) return false;
  if (reply == Reply::syn_cookie) return true;  // only a listener's whole SYN asks for one
  if (headers.payload == Payload::icmp_error || is_group(headers.destination)) return false;
  if (headers.protocol == Protocol::tcp && (headers.tcp_flags & tcp_flag::rst) != 0) return false;
  return !is_later_fragment(packet, headers);
}

// A segment that was damaged on its way is not answered: its ports may be.
bool is_intact(Packet packet, const Headers& headers) {
  const uint64_t device = packet.buffer()->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;
  return headers.payload != Payload::transport || device == RTE_MBUF_F_RX_L4_CKSUM_GOOD ||
         l4_checksum_verifies(packet, headers);
}

// RFC 9293, 3.10.7.1: what a closed port says. False: nothing.
bool make_tcp_reset(Packet packet, Headers& headers) {
  const auto tcp = TcpView::parse(packet.linear().subspan(headers.l4_offset));
  if (!tcp) return false;
  const uint32_t l4_bytes = headers.ip_bytes - (headers.l4_offset - headers.ip_offset);
  const bool syn = (headers.tcp_flags & tcp_flag::syn) != 0;
  const bool fin = (headers.tcp_flags & tcp_flag::fin) != 0;
  const bool ack = (headers.tcp_flags & tcp_flag::ack) != 0;
  const uint32_t segment_length = l4_bytes - tcp->header_bytes() + (syn ? 1 : 0) + (fin ? 1 : 0);
  TcpHeader reset{.source_port = headers.destination_port, .destination_port = headers.source_port};
  if (ack) {
    reset.sequence = tcp->acknowledgment();
    reset.flags = tcp_flag::rst;
  } else {
    reset.acknowledgment = tcp->sequence() + segment_length;
    reset.flags = tcp_flag::rst | tcp_flag::ack;
  }
  return make_segment(packet, headers, {headers.destination, headers.source}, reset);
}

// The same error in both families.
struct IcmpError {
  uint8_t type = 0;
  uint8_t code = 0;
  uint8_t type_v6 = 0;
  uint8_t code_v6 = 0;
  bool from_own_address = true;
};

IcmpError error_of(Reply reply) {
  switch (reply) {
    case Reply::port_unreachable:
      return {icmp_type::unreachable, icmp_unreachable::port, icmpv6_type::unreachable,
              icmpv6_unreachable::port, false};
    case Reply::host_unreachable:
      return {icmp_type::unreachable, icmp_unreachable::host, icmpv6_type::unreachable,
              icmpv6_unreachable::address};
    case Reply::ttl_exceeded:
      return {icmp_type::time_exceeded, 0, icmpv6_type::time_exceeded, 0};
    case Reply::fragmentation_needed:
      return {icmp_type::unreachable, icmp_unreachable::fragmentation_needed,
              icmpv6_type::packet_too_big, 0};
    case Reply::none:
    case Reply::tcp_reset:
    case Reply::syn_cookie:
      break;
  }
  return {};
}

// Puts an IP and an ICMP header between the link header and the packet, which becomes the quote;
// the IP header is still to be written. False: no room, or no address to send it from.
bool make_icmp_error(Packet packet, Headers& headers, const OwnAddresses& own, IcmpError error,
                     uint16_t next_hop_mtu_bytes) {
  const bool v4 = headers.v4;
  const IpAddress& own_address = v4 ? own.v4 : own.v6;
  const IpAddress source = error.from_own_address ? own_address : headers.destination;
  const uint32_t prefix_bytes = own_ip_header_bytes(v4) + IcmpView::header_bytes;
  if (source == IpAddress{} || packet.headroom_bytes() < prefix_bytes) return false;
  const uint32_t linear_bytes = packet.linear_bytes() - headers.ip_offset;
  const uint32_t quote_bytes = std::min(
      {uint32_t{headers.ip_bytes}, linear_bytes, icmp_packet_bytes_max(v4) - prefix_bytes});
  free_further_segments(packet);
  packet.resize(headers.ip_offset + quote_bytes);
  const std::byte* link_header = packet.data();
  std::memmove(packet.prepend(prefix_bytes), link_header, headers.ip_offset);
  headers = {.source = source,
             .destination = headers.source,
             .ip_offset = headers.ip_offset,
             .l4_offset = static_cast<uint16_t>(headers.ip_offset + own_ip_header_bytes(v4)),
             .ip_bytes = static_cast<uint16_t>(prefix_bytes + quote_bytes),
             .protocol = v4 ? Protocol::icmp : Protocol::icmpv6,
             .payload = Payload::icmp_error,
             .v4 = v4,
             .quoted_offset = static_cast<uint16_t>(headers.ip_offset + prefix_bytes)};
  const auto message = packet.linear().subspan(headers.l4_offset);
  const InternetSum pseudo_header = pseudo_header_sum(
      headers.source, headers.destination, Protocol::icmpv6, static_cast<uint32_t>(message.size()));
  write_icmp_error(message, v4 ? error.type : error.type_v6, v4 ? error.code : error.code_v6,
                   next_hop_mtu_bytes, v4 ? InternetSum() : pseudo_header);
  write_ip_header(packet, headers);
  return true;
}

bool make_reply(Packet packet, Headers& headers, const Refusal& refusal, const OwnAddresses& own,
                SynCookies& cookies, Instant now) {
  if (refusal.reply == Reply::syn_cookie) {
    return make_cookie_answer(packet, headers, cookies, refusal.next_hop_mtu_bytes, now);
  }
  if (refusal.reply == Reply::tcp_reset) {
    return headers.payload == Payload::transport && headers.protocol == Protocol::tcp &&
           make_tcp_reset(packet, headers);
  }
  const bool mtu = refusal.reply == Reply::fragmentation_needed;
  return make_icmp_error(packet, headers, own, error_of(refusal.reply),
                         mtu ? refusal.next_hop_mtu_bytes : uint16_t{0});
}

}  // namespace

void answer_refused(Burst& burst, const OwnAddresses& own, ReplyLimits& limits, SynCookies& cookies,
                    Instant now) {
  for (uint32_t left = burst.refused; left != 0; left &= left - 1) {
    const auto i = static_cast<uint32_t>(std::countr_zero(left));
    const Packet packet = burst.packets[i];
    Headers& headers = burst.headers[i];
    const Refusal& refusal = burst.refusals[i];
    if (!may_be_answered(packet, headers, refusal.reply) || !is_intact(packet, headers)) continue;
    if (!limits.take(refusal, now)) continue;
    if (!make_reply(packet, headers, refusal, own, cookies, now)) continue;
    burst.revive(i);
  }
}

}  // namespace weft
