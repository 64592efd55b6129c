#include "pipelines/l4/segment.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "dataplane/base/planted_bug.h"
#include "dataplane/wire/checksum.h"
#include "dataplane/wire/l4_checksum.h"
#include "dataplane/wire/tcp_options.h"
#include "pipelines/l4/write_ip_header.h"

namespace weft {

static constexpr uint32_t checksum_offset = 16;

void free_further_segments(Packet packet) {
  rte_mbuf* buffer = packet.buffer();
  if (buffer->nb_segs == 1) return;
  rte_pktmbuf_free(buffer->next);
  buffer->next = nullptr;
  buffer->nb_segs = 1;
  buffer->pkt_len = buffer->data_len;
}

// Makes a one-segment frame that long, of whose bytes only the link header is kept; room in front
// is as good as any.
static bool resize(Packet packet, uint32_t link_header_bytes, uint32_t frame_bytes) {
  const uint32_t room = packet.linear_bytes();
  if (frame_bytes > room) {
    if (packet.headroom_bytes() < frame_bytes - room) return false;
    free_further_segments(packet);
    const std::byte* before = packet.data();
    std::memmove(packet.prepend(frame_bytes - room), before, link_header_bytes);
    return true;
  }
  free_further_segments(packet);
  packet.resize(frame_bytes);
  return true;
}

bool make_segment(Packet packet, Headers& headers, const Ends& ends, const TcpHeader& header) {
  const bool v4 = headers.v4;
  const uint32_t ip_bytes = own_ip_header_bytes(v4) + header.bytes();
  if (!resize(packet, headers.ip_offset, headers.ip_offset + ip_bytes)) return false;
  // Field by field: the copy of a fresh object would wait for its own stores.
  headers.source = ends.source;
  headers.destination = ends.destination;
  headers.source_port = header.source_port;
  headers.destination_port = header.destination_port;
  headers.l4_offset = static_cast<uint16_t>(headers.ip_offset + own_ip_header_bytes(v4));
  headers.ip_bytes = static_cast<uint16_t>(ip_bytes);
  headers.protocol = Protocol::tcp;
  headers.payload = Payload::transport;
  headers.tcp_flags = header.flags;
  headers.datagram_id = 0;
  headers.quoted_offset = 0;
  write_tcp_header(packet.data() + headers.l4_offset, header,
                   pseudo_header_sum(ends.source, ends.destination, Protocol::tcp, header.bytes()));
  write_ip_header(packet, headers);
  return true;
}

static uint32_t l4_bytes(const Headers& headers) {
  return headers.ip_bytes - (headers.l4_offset - headers.ip_offset);
}

std::span<std::byte> tcp_header(Packet packet, const Headers& headers) {
  const auto bytes = packet.linear().subspan(headers.l4_offset);
  return bytes.first(TcpView::parse(bytes)->header_bytes());
}

uint32_t payload_bytes(Packet packet, const Headers& headers) {
  return l4_bytes(headers) - static_cast<uint32_t>(tcp_header(packet, headers).size());
}

static be16 folded(const InternetSum& sum) {
  return be16::from_raw(static_cast<uint16_t>(~sum.checksum().raw));
}

// `edit`: of what the checksum covers beside the length in the pseudo header.
static void change_length(Packet packet, Headers& headers, uint32_t new_l4_bytes,
                          ChecksumEdit edit) {
  const uint32_t old_l4_bytes = l4_bytes(headers);
  edit.replace(be16(static_cast<uint16_t>(old_l4_bytes)),
               be16(static_cast<uint16_t>(new_l4_bytes)));
  std::byte* checksum = packet.data() + headers.l4_offset + checksum_offset;
  store(checksum, edit.apply(load<be16>(checksum)));
  write_ip_bytes(packet, headers, headers.ip_bytes + new_l4_bytes - old_l4_bytes);
}

void cut_payload(Packet packet, Headers& headers) {
  const auto header_bytes = static_cast<uint32_t>(tcp_header(packet, headers).size());
  const uint32_t payload = payload_bytes(packet, headers);
  const uint32_t payload_offset = headers.l4_offset + header_bytes;
  ChecksumEdit edit;
  edit.replace(folded(sum_of_bytes(packet, payload_offset, payload)), be16(0));
  change_length(packet, headers, header_bytes, edit);
  free_further_segments(packet);
  packet.resize(payload_offset);
}

bool prepend_payload(Packet packet, Headers& headers, std::span<const std::byte> bytes) {
  const auto count = static_cast<uint32_t>(bytes.size());
  if (packet.headroom_bytes() < count) return false;
  const auto header_bytes = static_cast<uint32_t>(tcp_header(packet, headers).size());
  const uint32_t payload_offset = headers.l4_offset + header_bytes;
  ChecksumEdit edit;
  if (!planted(PlantedBug::header_not_summed)) {
    edit.replace(be16(0), folded(InternetSum().add(bytes)));
  }
  if (count % 2 != 0) {  // each byte behind is the other half of its word now
    const be16 sum = folded(sum_of_bytes(packet, payload_offset, payload_bytes(packet, headers)));
    edit.replace(sum, be16::from_raw(std::rotl(sum.raw, 8)));
  }
  // The headers move to the front; the payload stays where it is.
  const std::byte* before = packet.data();
  std::byte* frame = packet.prepend(count);
  std::memmove(frame, before, payload_offset);
  std::ranges::copy(bytes, frame + payload_offset);
  change_length(packet, headers, l4_bytes(headers) + count, edit);
  return true;
}

}  // namespace weft
