#include "pipelines/l4/clamp_mss.h"

#include "dataplane/wire/checksum.h"
#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/ipv6.h"
#include "dataplane/wire/tcp.h"
#include "pipelines/l4/forward_tunnel.h"

namespace weft {
namespace {

constexpr uint32_t tcp_checksum_offset = 16;

// Where the value of the MSS option lies in a TCP header; 0: it has none (RFC 9293, 3.2).
uint32_t mss_offset(std::span<const std::byte> header) {
  enum : uint8_t { end_of_list = 0, no_operation = 1, segment_size = 2 };
  for (uint32_t at = TcpView::header_bytes_min; at < header.size();) {
    const auto kind = std::to_integer<uint8_t>(header[at]);
    if (kind == end_of_list) return 0;
    if (kind == no_operation) {
      ++at;
      continue;
    }
    if (at + 2 > header.size()) return 0;
    const auto bytes = std::to_integer<uint32_t>(header[at + 1]);
    if (bytes < 2 || at + bytes > header.size()) return 0;
    if (kind == segment_size) return bytes == 4 ? at + 2 : 0;
    at += bytes;
  }
  return 0;
}

// An option may begin at an odd byte: then its value lies in two of the words that are summed.
void lower(std::byte* tcp, uint32_t offset, uint16_t mss_bytes) {
  ChecksumEdit edit;
  std::byte* first = tcp + (offset & ~1u);
  std::byte* second = tcp + ((offset + 1) & ~1u);
  const auto before_first = load<be16>(first);
  const auto before_second = load<be16>(second);
  store(tcp + offset, be16(mss_bytes));
  edit.replace(before_first, load<be16>(first));
  if (second != first) edit.replace(before_second, load<be16>(second));
  std::byte* checksum = tcp + tcp_checksum_offset;
  store(checksum, edit.apply(load<be16>(checksum)));
}

// What fits into one segment of the listener's; 0: nobody knows.
uint32_t limit_bytes(const ListenerPolicy& listener, const EndpointRecord& endpoint, bool v4) {
  if (listener.mss_clamp_bytes != mss_clamp_auto) return listener.mss_clamp_bytes;
  const uint32_t ip_bytes = v4 ? Ipv4View::header_bytes_min : Ipv6View::header_bytes;
  const uint32_t around = ip_bytes + TcpView::header_bytes_min +
                          tunnel_bytes(listener.forward, endpoint.address.is_v4());
  return endpoint.path_mtu_bytes > around ? endpoint.path_mtu_bytes - around : 0;
}

void clamp(Packet packet, const Headers& headers, uint32_t limit) {
  if (limit == 0) return;
  const auto bytes = packet.linear().subspan(headers.l4_offset);
  const auto tcp = TcpView::parse(bytes);
  const uint32_t offset = mss_offset(bytes.first(tcp->header_bytes()));
  if (offset == 0 || load<be16>(&bytes[offset]).host() <= limit) return;
  lower(bytes.data(), offset, static_cast<uint16_t>(limit));
}

}  // namespace

void clamp_segments(Burst& burst, const Decisions& decisions, const Snapshot& snapshot) {
  burst.for_each_live([&](uint32_t i) {
    const Headers& headers = burst.headers[i];
    const Decision& decision = decisions[i];
    if ((headers.tcp_flags & tcp_flag::syn) == 0 || decision.listener_slot == none<ListenerSlot>) {
      return;
    }
    const ListenerPolicy& listener =
        snapshot.policy->listeners.policies[index(decision.listener_slot)];
    if (listener.mss_clamp_bytes == 0) return;
    const EndpointRecord& endpoint = snapshot.endpoints->records[index(decision.endpoint)];
    clamp(burst.packets[i], headers, limit_bytes(listener, endpoint, headers.v4));
  });
}

}  // namespace weft
