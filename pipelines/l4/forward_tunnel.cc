#include "pipelines/l4/forward_tunnel.h"

#include "dataplane/wire/checksum.h"
#include "pipelines/l4/ttl.h"

namespace weft {

static constexpr uint32_t outer_bytes = 20;

// Writes the outer header in three stores. Its identification is 0: of no use where nothing may be
// fragmented.
static void write_outer(std::byte* outer, uint16_t ip_bytes, uint8_t type_of_service,
                        const EndpointRecord& endpoint) {
  constexpr uint32_t dont_fragment = be32(0x4000).raw;
  constexpr uint32_t ttl_and_protocol = be16(64 << 8 | 4).raw;
  const uint32_t first = be16(static_cast<uint16_t>(0x4500 | type_of_service)).raw |
                         uint32_t{be16(ip_bytes).raw} << 16;
  const uint32_t source = endpoint.tunnel_source.v4().raw;
  const uint32_t destination = endpoint.address.v4().raw;
  const uint64_t sum = uint64_t{first} + dont_fragment + ttl_and_protocol + source + destination;
  const auto checksum = static_cast<uint16_t>(~ones_complement::fold(sum));
  const uint32_t third = ttl_and_protocol | uint32_t{checksum} << 16;
  store(outer, first | uint64_t{dont_fragment} << 32);
  store(outer + 8, third | uint64_t{source} << 32);
  store(outer + 16, destination);
}

static void encapsulate(Burst& burst, uint32_t i, const EndpointRecord& endpoint) {
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
  std::byte* inner = packet.data() + headers.ip_offset;
  decrement_ttl(inner);
  const auto type_of_service = static_cast<uint8_t>(inner[1]);
  packet.prepend(outer_bytes);
  headers.ip_bytes = static_cast<uint16_t>(ip_bytes);
  headers.source = endpoint.tunnel_source;
  headers.destination = endpoint.address;
  write_outer(inner - outer_bytes, headers.ip_bytes, type_of_service, endpoint);
}

void forward_tunnel(Burst& burst, uint32_t which, const Decisions& decisions) {
  Burst::for_each(which, [&](uint32_t i) { encapsulate(burst, i, *decisions[i].record); });
}

}  // namespace weft
