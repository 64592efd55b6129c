#include "tests/sim/reassembly.h"

#include <fmt/format.h>

#include "tests/sim/network.h"

namespace weft::sim {

static constexpr std::size_t udp_header_bytes = 8;  // the first piece's payload is without it

static std::size_t content_bytes(const test::Decoded& piece) {
  const bool first = piece.fragment_offset_bytes == 0;
  return piece.payload.size() + (first ? udp_header_bytes : 0);
}

std::optional<test::Decoded> Reassembly::add(const test::Decoded& piece) {
  const std::string key =
      fmt::format("{} {} {}", piece.source, piece.destination, piece.identification);
  Datagram& datagram = datagrams_[key];
  datagram.pieces[piece.fragment_offset_bytes] = piece;
  if (!piece.more_fragments) {
    datagram.total_bytes = piece.fragment_offset_bytes + content_bytes(piece);
  }
  std::size_t complete_bytes = 0;
  test::Bytes payload;
  for (const auto& [offset, part] : datagram.pieces) {
    if (offset != complete_bytes) return std::nullopt;
    complete_bytes += content_bytes(part);
    payload.insert(payload.end(), part.payload.begin(), part.payload.end());
  }
  if (datagram.total_bytes == 0 || complete_bytes != datagram.total_bytes) return std::nullopt;
  const test::Decoded first = datagram.pieces.begin()->second;
  datagrams_.erase(key);
  test::FrameBuilder whole;
  put_addresses(whole, first.source, first.destination);
  whole.udp(static_cast<uint16_t>(first.source_port), static_cast<uint16_t>(first.destination_port))
      .payload(std::move(payload))
      .l4_checksum(first.l4_checksum.value_or(0))
      .ttl(static_cast<uint8_t>(first.ttl));
  return test::decode_ip(whole.build_ip());
}

}  // namespace weft::sim
