#include "pipelines/l4/answer_echo.h"

#include <utility>

#include "dataplane/wire/checksum.h"
#include "dataplane/wire/icmp.h"
#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/ipv6.h"

namespace weft {
namespace {

constexpr uint8_t reply_ttl = 64;

bool is_piece(Packet packet, const Headers& headers) {
  const auto bytes = packet.linear().subspan(headers.ip_offset);
  if (headers.v4) return Ipv4View::parse(bytes, headers.ip_bytes)->is_fragment();
  const auto ip = Ipv6View::parse(bytes, headers.ip_bytes);
  return walk_ipv6_extensions(ip->next_header(), ip->payload()).is_fragment();
}

void replace(std::byte* at, be16 value, be16& checksum) {
  checksum = ChecksumEdit().replace(load<be16>(at), value).apply(checksum);
  store(at, value);
}

// The sums do not see that both addresses changed places.
void write_reply(Packet packet, Headers& headers) {
  std::byte* ip = packet.data() + headers.ip_offset;
  std::byte* icmp = packet.data() + headers.l4_offset;
  std::swap(headers.source, headers.destination);
  headers.ttl = reply_ttl;
  if (headers.v4) {
    store(ip + 12, headers.source.v4());
    store(ip + 16, headers.destination.v4());
    be16 checksum = load<be16>(ip + 10);
    const auto protocol = std::to_integer<uint8_t>(ip[9]);
    replace(ip + 8, be16(static_cast<uint16_t>(reply_ttl << 8 | protocol)), checksum);
    store(ip + 10, checksum);
  } else {
    ip[7] = std::byte{reply_ttl};
    store(ip + 8, headers.source.bytes());
    store(ip + 24, headers.destination.bytes());
  }
  be16 checksum = load<be16>(icmp + 2);
  const uint8_t type = headers.v4 ? icmp_type::echo_reply : icmpv6_type::echo_reply;
  replace(icmp, be16(static_cast<uint16_t>(type << 8 | std::to_integer<uint8_t>(icmp[1]))),
          checksum);
  // Of a message of zeroes the sum is 0, and 0 does not verify.
  if (checksum.raw == 0) checksum = be16(0xffff);
  store(icmp + 2, checksum);
}

void answer_one(Burst& burst, uint32_t i) {
  const Packet packet = burst.packets[i];
  Headers& headers = burst.headers[i];
  if (is_piece(packet, headers)) return burst.to_twin(i);
  const uint8_t type = IcmpView::parse(packet.linear().subspan(headers.l4_offset))->type();
  const uint8_t request = headers.v4 ? icmp_type::echo : icmpv6_type::echo;
  if (type != request) return burst.to_twin(i);
  write_reply(packet, headers);
  burst.set_aside(i);
}

}  // namespace

void answer_echoes(Burst& burst, const Decisions& decisions) {
  Burst::for_each(burst.icmp & burst.live, [&](uint32_t i) {
    const bool echo = burst.headers[i].payload == Payload::icmp_echo;
    if (echo && decisions[i].owner == AddressOwner::listener) answer_one(burst, i);
  });
}

}  // namespace weft
