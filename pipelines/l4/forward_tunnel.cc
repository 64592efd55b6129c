#include "pipelines/l4/forward_tunnel.h"

#include "dataplane/wire/checksum.h"
#include "pipelines/l4/ttl.h"

namespace weft {

static constexpr uint32_t outer_bytes = 20;
static constexpr uint8_t outer_ttl = 64;
static constexpr uint8_t protocol_ipip = 4;
static constexpr uint16_t dont_fragment = 0x4000;

static void write_outer(std::byte* outer, uint16_t ip_bytes, uint8_t type_of_service,
                        const EndpointRecord& endpoint) {
  const be16 words[] = {be16(static_cast<uint16_t>(0x4500 | type_of_service)), be16(ip_bytes),
                        be16(0),  // identification: of no use where nothing may be fragmented
                        be16(dont_fragment), be16(outer_ttl << 8 | protocol_ipip)};
  InternetSum sum;
  for (const be16 word : words) sum.add(word);
  sum.add(endpoint.tunnel_source.v4()).add(endpoint.address.v4());
  std::memcpy(outer, words, sizeof(words));
  store(outer + 10, sum.checksum());
  store(outer + 12, endpoint.tunnel_source.v4());
  store(outer + 16, endpoint.address.v4());
}

void forward_tunnel(Burst& burst, uint32_t i, const EndpointRecord& endpoint) {
  Headers& headers = burst.headers[i];
  const Packet packet = burst.packets[i];
  const uint32_t ip_bytes = headers.ip_bytes + outer_bytes;
  if (ip_bytes > endpoint.path_mtu_bytes) [[unlikely]] {
    return burst.refuse(i, Drop::packet_too_big, Reply::fragmentation_needed,
                        static_cast<uint16_t>(endpoint.path_mtu_bytes - outer_bytes));
  }
  if (packet.headroom_bytes() < outer_bytes) [[unlikely]] {
    return burst.drop(i, Drop::no_headroom);
  }
  std::byte* inner = packet.data() + headers.ip_offset;
  decrement_ttl(inner);
  const auto type_of_service = static_cast<uint8_t>(inner[1]);
  std::byte* outer = packet.prepend(outer_bytes) + headers.ip_offset;
  headers.source = endpoint.tunnel_source;
  headers.destination = endpoint.address;
  headers.ip_bytes = static_cast<uint16_t>(ip_bytes);
  write_outer(outer, headers.ip_bytes, type_of_service, endpoint);
}

}  // namespace weft
