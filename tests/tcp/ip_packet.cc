#include "tests/tcp/ip_packet.h"

#include <algorithm>

#include "dataplane/wire/tcp.h"

namespace weft::test {
namespace {

constexpr uint8_t ecn_capable = 2;  // ECT(0), RFC 3168
constexpr uint8_t congestion_experienced = 3;

}  // namespace

std::optional<ReceivedSegment> parse_segment(const IpPacket& packet) {
  const auto ip = Ipv4View::parse(packet);
  if (!ip || ip->protocol() != static_cast<uint8_t>(Protocol::tcp)) return std::nullopt;
  const auto bytes = ip->payload();
  const auto tcp = TcpView::parse(bytes);
  if (!tcp) return std::nullopt;
  InternetSum sum = pseudo_header_sum(ip->source(), ip->destination(), Protocol::tcp,
                                      static_cast<uint32_t>(bytes.size()));
  if (!sum.add(bytes).verifies()) return std::nullopt;
  ReceivedSegment received;
  received.from = {ip->source().v4(), tcp->source_port()};
  received.to = {ip->destination().v4(), tcp->destination_port()};
  received.segment = segment_from(bytes.first(tcp->header_bytes()));
  const auto type_of_service = std::to_integer<uint8_t>(packet[1]);
  received.segment.congestion_experienced = (type_of_service & 3) == congestion_experienced;
  received.segment.payload = Slice::copy_of(bytes.subspan(tcp->header_bytes()));
  return received;
}

IpPacket build_segment(Endpoint from, Endpoint to, const SegmentOut& segment, const Chain& bytes) {
  const uint32_t header_bytes = TcpView::header_bytes_min + segment.options_bytes;
  const uint32_t tcp_bytes = header_bytes + segment.payload_bytes;
  IpPacket packet(Ipv4View::header_bytes_min + tcp_bytes);
  write_ipv4_header(packet.data(),
                    {.source = from.address,
                     .destination = to.address,
                     .total_bytes = static_cast<uint16_t>(packet.size()),
                     .protocol = Protocol::tcp,
                     .type_of_service = segment.ecn_capable ? ecn_capable : uint8_t{0}});
  std::byte* tcp = packet.data() + Ipv4View::header_bytes_min;
  const std::span<std::byte> payload(tcp + header_bytes, segment.payload_bytes);
  bytes.copy_to(segment.payload_offset, payload);
  InternetSum sum = pseudo_header_sum(IpAddress::v4(from.address), IpAddress::v4(to.address),
                                      Protocol::tcp, tcp_bytes);
  InternetSum payload_sum;
  payload_sum.add(payload);
  write_tcp_header(tcp,
                   {.source_port = from.port,
                    .destination_port = to.port,
                    .sequence = segment.sequence.value(),
                    .acknowledgment = segment.acknowledgment.value(),
                    .flags = segment.flags,
                    .window = segment.window,
                    .options = segment.options_span()},
                   sum.add(payload_sum));
  return packet;
}

uint32_t ports_of(const IpPacket& packet) {
  const auto ip = Ipv4View::parse(packet);
  if (!ip || ip->payload().size() < 4) return 0;
  const uint32_t source = load<be16>(ip->payload().data()).host();
  const uint32_t destination = load<be16>(ip->payload().data() + 2).host();
  return std::min(source, destination) << 16 | std::max(source, destination);
}

uint32_t sequence_of(const IpPacket& packet) {
  const auto ip = Ipv4View::parse(packet);
  if (!ip || ip->payload().size() < TcpView::header_bytes_min) return 0;
  return load<be32>(ip->payload().data() + 4).host();
}

}  // namespace weft::test
