#include "pipelines/l4/relay_tunnel_error.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>

#include "dataplane/wire/ethernet.h"
#include "dataplane/wire/gre.h"
#include "dataplane/wire/gue.h"
#include "dataplane/wire/icmp.h"
#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/ipv6.h"
#include "pipelines/l4/match_listener.h"
#include "pipelines/l4/parse_quoted.h"

namespace weft {
namespace {

using Bytes = std::span<const std::byte>;

constexpr uint8_t ipv4_in_ip = 4;  // protocol numbers
constexpr uint8_t ipv6_in_ip = 41;
constexpr uint32_t any_length = UINT32_MAX;  // the quote may end before the packet did
constexpr uint32_t ipv4_mtu_bytes_min = 68;  // RFC 791, 3.2

// The MTU that the error tells; 0: it tells none.
uint32_t told_mtu_bytes(Packet packet, const Headers& headers) {
  constexpr uint32_t mtu_mask = 0xffff;
  const auto icmp = IcmpView::parse(packet.linear().subspan(headers.l4_offset));
  if (!icmp->says_too_big(headers.v4)) return 0;
  return headers.v4 ? icmp->rest() & mtu_mask : icmp->rest();
}

// What lies between the IP headers, and the family inside.
struct Shim {
  uint32_t bytes = 0;
  bool inner_v4 = false;
};

std::optional<Shim> shim_of(uint8_t protocol, Bytes payload) {
  if (protocol == ipv4_in_ip) return Shim{0, true};
  if (protocol == ipv6_in_ip) return Shim{0, false};
  if (protocol == gre_protocol && payload.size() >= gre_header_bytes) {
    const be16 type = load<be16>(&payload[2]);
    const bool plain = load<be16>(&payload[0]) == be16(0);
    if (plain && type == be16(ether_type::ipv4)) return Shim{gre_header_bytes, true};
    if (plain && type == be16(ether_type::ipv6)) return Shim{gre_header_bytes, false};
  }
  if (protocol == static_cast<uint8_t>(Protocol::udp) && payload.size() > gue_header_bytes &&
      load<be16>(&payload[2]) == be16(gue_port)) {
    const uint32_t version = std::to_integer<uint32_t>(payload[gue_header_bytes]) >> 4;
    return Shim{gue_header_bytes, version == 4};
  }
  return std::nullopt;
}

struct TunnelQuote {
  Headers inner;
  uint32_t outer_bytes = 0;  // in front of the packet inside
};

// Of a packet from the address that the error came to, if the quote reaches the ports inside.
std::optional<TunnelQuote> parse_tunnel_quote(Packet packet, const Headers& headers) {
  const uint32_t at = headers.l4_offset + IcmpView::header_bytes;
  const uint32_t end =
      std::min<uint32_t>(headers.ip_offset + headers.ip_bytes, packet.linear_bytes());
  if (at > end) return std::nullopt;
  const Bytes quote = packet.linear().first(end).subspan(at);
  const auto parse_outer = [&](const auto& ip, uint32_t header_bytes,
                               uint8_t protocol) -> std::optional<TunnelQuote> {
    const auto shim = shim_of(protocol, ip->payload());
    if (!shim || ip->source() != headers.destination) return std::nullopt;
    const uint32_t outer_bytes = header_bytes + shim->bytes;
    const auto inner = parse_beginning(ip->payload().subspan(shim->bytes),
                                       static_cast<uint16_t>(at + outer_bytes), shim->inner_v4);
    return inner ? std::optional(TunnelQuote{*inner, outer_bytes}) : std::nullopt;
  };
  if (headers.v4) {
    const auto ip = Ipv4View::parse(quote, any_length);
    return ip ? parse_outer(ip, ip->header_bytes(), ip->protocol()) : std::nullopt;
  }
  const auto ip = Ipv6View::parse(quote, any_length);
  return ip ? parse_outer(ip, Ipv6View::header_bytes, ip->next_header()) : std::nullopt;
}

bool is_own(const ListenerTable& listeners, const IpAddress& address) {
  const AddressOwner* owner = listeners.owners.find(address);
  return owner != nullptr &&
         (*owner == AddressOwner::host || *owner == AddressOwner::source_addresses);
}

bool is_tunnelled(const ListenerTable& listeners, const Headers& inner) {
  const ListenerSlot* slot = has_ports(inner) ? find_listener(listeners, inner) : nullptr;
  return slot != nullptr && is_tunnel(listeners.policies[index(*slot)].forward);
}

// Nobody has checked who the packet inside says it is from.
bool may_be_told(const IpAddress& source) {
  return !source.is_multicast() && !source.is_loopback() && !source.is_unspecified() &&
         source != IpAddress::v4(be32(0xffffffff));
}

// Leaves of the error the packet inside, behind the same link header.
void uncover(Packet packet, Headers& headers, const Headers& inner) {
  const uint32_t covered = inner.ip_offset - headers.ip_offset;
  std::memmove(packet.data() + covered, packet.data(), headers.ip_offset);
  packet.trim_front(covered);
  const uint16_t ip_offset = headers.ip_offset;
  headers = inner;
  headers.ip_offset = ip_offset;
  headers.l4_offset = static_cast<uint16_t>(inner.l4_offset - covered);
  headers.payload = Payload::first_fragment;  // the rest is not here: no checksum verifies
}

void relay(Burst& burst, uint32_t i, const ListenerTable& listeners) {
  const Packet packet = burst.packets[i];
  Headers& headers = burst.headers[i];
  if (headers.payload != Payload::icmp_error) return;
  const uint32_t mtu_bytes = told_mtu_bytes(packet, headers);
  if (mtu_bytes == 0 || !is_own(listeners, headers.destination)) return;
  const auto quote = parse_tunnel_quote(packet, headers);
  if (!quote || !is_tunnelled(listeners, quote->inner)) return;
  if (!may_be_told(quote->inner.source)) return;
  if (mtu_bytes < quote->outer_bytes + ipv4_mtu_bytes_min) return;
  const uint32_t inside_bytes = std::min<uint32_t>(mtu_bytes - quote->outer_bytes, UINT16_MAX);
  uncover(packet, headers, quote->inner);
  burst.refuse(i, Drop::packet_too_big, Reply::fragmentation_needed,
               static_cast<uint16_t>(inside_bytes));
}

}  // namespace

void relay_errors(Burst& burst, const ListenerTable& listeners) {
  Burst::for_each(burst.icmp & burst.live, [&](uint32_t i) { relay(burst, i, listeners); });
}

}  // namespace weft
