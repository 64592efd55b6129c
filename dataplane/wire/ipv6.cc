#include "dataplane/wire/ipv6.h"

#include <cstring>

namespace weft {
namespace {

using Verdict = Ipv6Extensions::Verdict;

constexpr uint32_t header_bytes_min = 8;

uint32_t byte_at(std::span<const std::byte> header, uint32_t at) {
  return std::to_integer<uint32_t>(header[at]);
}

// By its own length field. RFC 4302, 2.2: that of AH counts otherwise.
uint32_t length_bytes(uint8_t type, std::span<const std::byte> header) {
  if (type == ipv6_next::fragment) return header_bytes_min;
  const uint32_t units = byte_at(header, 1);
  return type == ipv6_next::authentication ? (units + 2) * 4 : (units + 1) * 8;
}

// RFC 8200, 4.4: type and segments left.
bool is_source_route(std::span<const std::byte> header) {
  return byte_at(header, 2) == 0 || byte_at(header, 3) != 0;
}

void read_fragment(std::span<const std::byte> header, Ipv6Extensions& extensions) {
  constexpr uint16_t offset_mask = 0xfff8;
  constexpr uint16_t more_fragments_flag = 1;
  const uint16_t word = load<be16>(&header[2]).host();
  extensions.fragment_offset_bytes = word & offset_mask;
  extensions.more_fragments = (word & more_fragments_flag) != 0;
  extensions.identification = load<be32>(&header[4]).host();
}

}  // namespace

Ipv6Extensions walk_ipv6_extensions(uint8_t first, std::span<const std::byte> payload) {
  Ipv6Extensions extensions{.next_header = first};
  const auto end = [&extensions](Verdict verdict) {
    extensions.verdict = verdict;
    return extensions;
  };
  bool fragment_seen = false;
  for (uint32_t headers = 0; is_ipv6_extension(extensions.next_header); ++headers) {
    const uint8_t type = extensions.next_header;
    if (headers == Ipv6ExtensionLimits::headers_max) return end(Verdict::too_long);
    if (type == ipv6_next::hop_by_hop && headers != 0) return end(Verdict::misplaced);
    if (type == ipv6_next::fragment && fragment_seen) return end(Verdict::misplaced);
    const auto header = payload.subspan(extensions.bytes);
    if (header.size() < header_bytes_min) return end(Verdict::cut_off);
    if (type == ipv6_next::routing && is_source_route(header)) return end(Verdict::source_route);
    const uint32_t bytes = length_bytes(type, header);
    if (extensions.bytes + bytes > Ipv6ExtensionLimits::bytes_max) return end(Verdict::too_long);
    if (bytes > header.size()) return end(Verdict::cut_off);
    extensions.next_header = static_cast<uint8_t>(byte_at(header, 0));
    extensions.bytes = static_cast<uint16_t>(extensions.bytes + bytes);
    if (type != ipv6_next::fragment) continue;
    fragment_seen = true;
    read_fragment(header, extensions);
    extensions.fragment_header_end_bytes = extensions.bytes;
    if (extensions.fragment_offset_bytes != 0) return extensions;
  }
  return extensions;
}

void write_ipv6_header(std::byte* to, const Ipv6Header& header) {
  constexpr uint32_t version = 6u << 28;
  store(to, be32(version));
  store(to + 4, be16(header.payload_bytes));
  to[6] = static_cast<std::byte>(header.protocol);
  to[7] = std::byte{header.hop_limit};
  std::memcpy(to + 8, header.source.bytes().data(), header.source.bytes().size());
  std::memcpy(to + 24, header.destination.bytes().data(), header.destination.bytes().size());
}

}  // namespace weft
