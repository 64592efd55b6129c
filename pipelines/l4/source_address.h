// Source addresses of ours: which one a fullnat flow or a tunnel's packet has. The endpoint's
// record holds the prefix they are taken from, its host bits zero; `host` says which address of it.
#pragma once

#include "dataplane/wire/ip_address.h"
#include "pipelines/snapshot.h"

namespace weft {

// `host`: less than 1 << endpoint.source_host_bits, or the last bits of one of these addresses
// (nat_key.h, source_host).
inline IpAddress source_address(const EndpointRecord& endpoint, uint32_t host) {
  // One store of 16 bytes, as in IpAddress::v4.
  const __m128i low = _mm_cvtsi32_si128(be16(static_cast<uint16_t>(host)).raw);
  const auto prefix = load<__m128i>(endpoint.source.bytes().data());
  std::array<std::byte, 16> bytes;
  store(bytes.data(), _mm_or_si128(prefix, _mm_slli_si128(low, 14)));
  return IpAddress::v6(bytes.data());
}

// A source port and address for one flow; `host` is as in source_address.
struct Source {
  uint16_t host = 0;
  be16 port;
};

// The `n`th candidate for a flow of this hash: even over the endpoint's addresses and the ports
// from source_port_min on.
inline constexpr uint32_t source_port_min = 1024;

constexpr Source source_candidate(uint64_t hash, uint32_t n, uint32_t host_bits) {
  uint64_t h = (hash + n) * 0x9e3779b97f4a7c15u;
  h = (h ^ h >> 32) * 0xd6e8feb86659fd93u;
  const auto port = (h >> 32) * (65536 - source_port_min) >> 32;
  const auto host = static_cast<uint32_t>(h) & ((1u << host_bits) - 1);
  return {static_cast<uint16_t>(host), be16(static_cast<uint16_t>(source_port_min + port))};
}

}  // namespace weft
