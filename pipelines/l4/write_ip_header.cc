#include "pipelines/l4/write_ip_header.h"

#include "dataplane/wire/checksum.h"

namespace weft {

static constexpr uint8_t internetwork_control = 0xc0;  // RFC 1812, 4.3.2.5: of ICMP errors

void write_ip_header(Packet packet, Headers& headers) {
  std::byte* to = packet.data() + headers.ip_offset;
  headers.ttl = Ipv4Header{}.ttl;
  headers.dont_fragment = true;
  if (!headers.v4) {
    const auto payload_bytes = static_cast<uint16_t>(headers.ip_bytes - Ipv6View::header_bytes);
    write_ipv6_header(to, {.source = headers.source,
                           .destination = headers.destination,
                           .payload_bytes = payload_bytes,
                           .protocol = headers.protocol,
                           .hop_limit = headers.ttl});
    return;
  }
  const bool icmp = headers.protocol == Protocol::icmp;
  write_ipv4_header(to, {.source = headers.source.v4(),
                         .destination = headers.destination.v4(),
                         .total_bytes = headers.ip_bytes,
                         .protocol = headers.protocol,
                         .ttl = headers.ttl,
                         .type_of_service = icmp ? internetwork_control : uint8_t{0}});
}

void write_ip_bytes(Packet packet, Headers& headers, uint32_t ip_bytes) {
  constexpr uint32_t length_offset = 2, checksum_offset = 10;
  constexpr uint32_t ipv6_length_offset = 4;  // of what follows the header
  std::byte* ip = packet.data() + headers.ip_offset;
  const uint32_t before = headers.ip_bytes;
  headers.ip_bytes = static_cast<uint16_t>(ip_bytes);
  if (!headers.v4) {
    std::byte* length = ip + ipv6_length_offset;
    store(length, be16(static_cast<uint16_t>(load<be16>(length).host() + ip_bytes - before)));
    return;
  }
  const be16 length(headers.ip_bytes);
  ChecksumEdit edit;
  edit.replace(load<be16>(ip + length_offset), length);
  store(ip + length_offset, length);
  store(ip + checksum_offset, edit.apply(load<be16>(ip + checksum_offset)));
}

}  // namespace weft
