#include "pipelines/l4/parse_quoted.h"

#include <algorithm>
#include <span>
#include <utility>

#include "dataplane/wire/icmp.h"
#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/ipv6.h"
#include "dataplane/wire/udp.h"

namespace weft {
namespace {

using Bytes = std::span<const std::byte>;

constexpr uint32_t l4_bytes_min = 8;
constexpr uint32_t any_length = UINT32_MAX;  // the quote may end before the packet did

std::optional<Headers> quoted_l4(const Headers& before_l4, Bytes payload) {
  if (payload.size() < l4_bytes_min) return std::nullopt;
  Headers headers = before_l4;
  const uint32_t header_bytes = headers.l4_offset - headers.ip_offset;
  headers.ip_bytes = static_cast<uint16_t>(header_bytes + payload.size());
  const auto icmp = headers.v4 ? Protocol::icmp : Protocol::icmpv6;
  if (headers.protocol == Protocol::tcp || headers.protocol == Protocol::udp) {
    headers.payload = Payload::transport;
    headers.source_port = load<be16>(&payload[0]);
    headers.destination_port = load<be16>(&payload[2]);
    return headers;
  }
  if (headers.protocol != icmp) return std::nullopt;
  const uint8_t type = IcmpView::parse(payload)->type();
  if (headers.v4 ? is_icmp_error(type) : is_icmpv6_error(type)) return std::nullopt;
  const bool echo = headers.v4 ? is_icmp_echo(type) : is_icmpv6_echo(type);
  headers.payload = echo ? Payload::icmp_echo : Payload::other;
  return headers;
}

std::optional<Headers> quoted_ipv4(uint16_t offset, Bytes bytes) {
  const auto ip = Ipv4View::parse(bytes, any_length);
  if (!ip || ip->fragment_offset() != 0) return std::nullopt;
  return quoted_l4({.source = ip->source(),
                    .destination = ip->destination(),
                    .ip_offset = offset,
                    .l4_offset = static_cast<uint16_t>(offset + ip->header_bytes()),
                    .protocol = static_cast<Protocol>(ip->protocol()),
                    .ttl = ip->ttl(),
                    .v4 = true,
                    .dont_fragment = ip->dont_fragment()},
                   ip->payload());
}

std::optional<Headers> quoted_ipv6(uint16_t offset, Bytes bytes) {
  const auto ip = Ipv6View::parse(bytes, any_length);
  if (!ip || ip->source().is_v4() || ip->destination().is_v4()) return std::nullopt;
  const Bytes payload = ip->payload();
  const Ipv6Extensions extensions = walk_ipv6_extensions(ip->next_header(), payload);
  if (extensions.verdict != Ipv6Extensions::Verdict::sound ||
      extensions.fragment_offset_bytes != 0) {
    return std::nullopt;
  }
  const auto l4_offset = static_cast<uint16_t>(offset + Ipv6View::header_bytes + extensions.bytes);
  return quoted_l4({.source = ip->source(),
                    .destination = ip->destination(),
                    .ip_offset = offset,
                    .l4_offset = l4_offset,
                    .protocol = static_cast<Protocol>(extensions.next_header),
                    .ttl = ip->hop_limit(),
                    .v4 = false,
                    .dont_fragment = true},
                   payload.subspan(extensions.bytes));
}

}  // namespace

std::optional<Headers> parse_quoted(Packet packet, const Headers& headers) {
  if (headers.payload != Payload::icmp_error || headers.quoted_offset == 0) return std::nullopt;
  const uint32_t end =
      std::min<uint32_t>(headers.ip_offset + headers.ip_bytes, packet.linear_bytes());
  if (headers.quoted_offset > end) return std::nullopt;
  const Bytes quote = packet.linear().first(end).subspan(headers.quoted_offset);
  return parse_beginning(quote, headers.quoted_offset, headers.v4);
}

std::optional<Headers> parse_quoted_reversed(Packet packet, const Headers& headers) {
  std::optional<Headers> quoted = parse_quoted(packet, headers);
  if (quoted) {
    std::swap(quoted->source, quoted->destination);
    std::swap(quoted->source_port, quoted->destination_port);
  }
  return quoted;
}

std::optional<Headers> parse_beginning(Bytes bytes, uint16_t offset, bool v4) {
  return v4 ? quoted_ipv4(offset, bytes) : quoted_ipv6(offset, bytes);
}

}  // namespace weft
