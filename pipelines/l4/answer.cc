#include "pipelines/l4/answer.h"

#include <algorithm>
#include <cstring>

#include "dataplane/wire/checksum.h"
#include "dataplane/wire/ethernet.h"
#include "dataplane/wire/icmp.h"
#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/l4_checksum.h"
#include "dataplane/wire/tcp.h"

namespace weft {
namespace {

constexpr uint32_t icmp_packet_bytes_max = 576;  // RFC 1812, 4.3.2.3
constexpr uint32_t icmp_prefix_bytes = Ipv4View::header_bytes_min + IcmpView::header_bytes;
constexpr uint8_t internetwork_control = 0xc0;  // RFC 1812, 4.3.2.5: precedence of ICMP errors

bool is_group(const IpAddress& address) {
  return address.is_multicast() || address == IpAddress::v4(be32(0xffffffff));
}

// Whether any reply may go to the sender of this packet (RFC 1122, 3.2.2; RFC 9293, 3.5.2).
bool may_be_answered(Packet packet, const Headers& headers) {
  if (!headers.v4 || headers.payload == Payload::icmp_error || is_group(headers.destination)) {
    return false;
  }
  if (EthernetView::parse(packet.linear())->to_group()) return false;
  if (headers.protocol == Protocol::tcp && (headers.tcp_flags & tcp_flag::rst) != 0) return false;
  if (headers.payload != Payload::fragment) return true;
  return Ipv4View::parse(packet.linear().subspan(headers.ip_offset), headers.ip_bytes)
             ->fragment_offset() == 0;
}

// A segment that was damaged on its way is not answered: its ports may be.
bool is_intact(Packet packet, const Headers& headers) {
  const uint64_t device = packet.buffer()->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;
  return headers.payload != Payload::transport || device == RTE_MBUF_F_RX_L4_CKSUM_GOOD ||
         l4_checksum_verifies(packet, headers);
}

// The reply is one segment.
void free_further_segments(Packet packet) {
  rte_mbuf* buffer = packet.buffer();
  if (buffer->next != nullptr) rte_pktmbuf_free(buffer->next);
  buffer->next = nullptr;
  buffer->nb_segs = 1;
  buffer->pkt_len = buffer->data_len;
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
  constexpr uint16_t packet_bytes = Ipv4View::header_bytes_min + TcpView::header_bytes_min;
  free_further_segments(packet);
  packet.resize(headers.ip_offset + packet_bytes);
  headers = {.source = headers.destination,
             .destination = headers.source,
             .source_port = reset.source_port,
             .destination_port = reset.destination_port,
             .ip_offset = headers.ip_offset,
             .l4_offset = static_cast<uint16_t>(headers.ip_offset + Ipv4View::header_bytes_min),
             .ip_bytes = packet_bytes,
             .protocol = Protocol::tcp,
             .payload = Payload::transport,
             .tcp_flags = reset.flags};
  write_tcp_header(packet.data() + headers.l4_offset, reset,
                   pseudo_header_sum(headers.source, headers.destination, Protocol::tcp,
                                     TcpView::header_bytes_min));
  return true;
}

struct IcmpError {
  uint8_t type = 0;
  uint8_t code = 0;
  uint16_t next_hop_mtu_bytes = 0;
};

// Puts an IP and an ICMP header between the link header and the packet, which becomes the quote;
// the IP header is still to be written. False: no room.
bool make_icmp_error(Packet packet, Headers& headers, const IpAddress& source, IcmpError error) {
  if (packet.headroom_bytes() < icmp_prefix_bytes) return false;
  const uint32_t linear_bytes = packet.linear_bytes() - headers.ip_offset;
  const uint32_t quote_bytes = std::min(
      {uint32_t{headers.ip_bytes}, linear_bytes, icmp_packet_bytes_max - icmp_prefix_bytes});
  free_further_segments(packet);
  packet.resize(headers.ip_offset + quote_bytes);
  const std::byte* link_header = packet.data();
  std::memmove(packet.prepend(icmp_prefix_bytes), link_header, headers.ip_offset);
  const auto packet_bytes = static_cast<uint16_t>(icmp_prefix_bytes + quote_bytes);
  headers = {.source = source,
             .destination = headers.source,
             .ip_offset = headers.ip_offset,
             .l4_offset = static_cast<uint16_t>(headers.ip_offset + Ipv4View::header_bytes_min),
             .ip_bytes = packet_bytes,
             .protocol = Protocol::icmp,
             .payload = Payload::icmp_error,
             .quoted_offset = static_cast<uint16_t>(headers.ip_offset + icmp_prefix_bytes)};
  write_icmp_error(packet.linear().subspan(headers.l4_offset), error.type, error.code,
                   error.next_hop_mtu_bytes);
  return true;
}

bool make_reply(Packet packet, Headers& headers, const Refusal& refusal, const IpAddress& own) {
  const IpAddress& addressed = headers.destination;
  switch (refusal.reply) {
    case Reply::tcp_reset:
      return headers.payload == Payload::transport && headers.protocol == Protocol::tcp &&
             make_tcp_reset(packet, headers);
    case Reply::port_unreachable:
      return make_icmp_error(packet, headers, IpAddress(addressed),
                             {icmp_type::unreachable, icmp_unreachable::port});
    case Reply::host_unreachable:
      return own.is_v4() && make_icmp_error(packet, headers, own,
                                            {icmp_type::unreachable, icmp_unreachable::host});
    case Reply::ttl_exceeded:
      return own.is_v4() && make_icmp_error(packet, headers, own, {icmp_type::time_exceeded, 0});
    case Reply::fragmentation_needed:
      return own.is_v4() &&
             make_icmp_error(packet, headers, own,
                             {icmp_type::unreachable, icmp_unreachable::fragmentation_needed,
                              refusal.next_hop_mtu_bytes});
    case Reply::none:
      return false;
  }
  return false;
}

void write_ip_header(Packet packet, Headers& headers) {
  const bool icmp = headers.protocol == Protocol::icmp;
  const Ipv4Header header{.source = headers.source.v4(),
                          .destination = headers.destination.v4(),
                          .total_bytes = headers.ip_bytes,
                          .protocol = headers.protocol,
                          .type_of_service = icmp ? internetwork_control : uint8_t{0}};
  write_ipv4_header(packet.data() + headers.ip_offset, header);
  headers.ttl = header.ttl;
  headers.v4 = true;
  headers.dont_fragment = true;
}

}  // namespace

void answer_refused(Burst& burst, const IpAddress& own_address, ReplyLimits& limits, Instant now) {
  for (uint32_t left = burst.refused; left != 0; left &= left - 1) {
    const auto i = static_cast<uint32_t>(std::countr_zero(left));
    const Packet packet = burst.packets[i];
    Headers& headers = burst.headers[i];
    const Refusal& refusal = burst.refusals[i];
    if (!may_be_answered(packet, headers) || !is_intact(packet, headers)) continue;
    if (!limits.take(refusal, now)) continue;
    if (!make_reply(packet, headers, refusal, own_address)) continue;
    write_ip_header(packet, headers);
    burst.revive(i);
  }
}

}  // namespace weft
