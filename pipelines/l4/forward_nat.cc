#include "pipelines/l4/forward_nat.h"

#include "dataplane/base/planted_bug.h"
#include "dataplane/wire/checksum.h"
#include "pipelines/l4/add_client_address.h"
#include "pipelines/l4/shift_stream.h"
#include "pipelines/l4/ttl.h"

namespace weft {

// Where a side stands: addresses in bytes from the IP header, ports from the L4 header.
struct Side {
  uint32_t v4_offset;
  uint32_t v6_offset;
  uint32_t port_offset;
};
static constexpr Side source_side{12, 8, 0};
static constexpr Side destination_side{16, 24, 2};

static constexpr uint32_t ip_checksum_offset = 10;
static constexpr uint32_t tcp_checksum_offset = 16;
static constexpr uint32_t udp_checksum_offset = 6;

static void edit_l4_checksum(std::byte* l4, Protocol protocol, const ChecksumEdit& edit) {
  if (planted(PlantedBug::skipped_checksum)) return;
  if (protocol == Protocol::tcp) {
    std::byte* field = l4 + tcp_checksum_offset;
    store(field, edit.apply(load<be16>(field)));
  } else {
    std::byte* field = l4 + udp_checksum_offset;
    const be16 sum = edit.apply_udp(load<be16>(field));
    store(field, planted(PlantedBug::unchecked_udp) ? be16(0) : sum);
  }
}

// The bytes of one packet that is rewritten, and what that changes for its checksums.
struct Rewriting {
  std::byte* ip;
  std::byte* l4;  // null: a later piece of a datagram has no L4 header
  bool v4;
  ChecksumEdit address_edit;
  ChecksumEdit port_edit;

  void write(Side side, const IpAddress& address, be16 port) {
    if (v4) {
      std::byte* at = ip + side.v4_offset;
      address_edit.replace(load<be32>(at), address.v4());
      store(at, address.v4());
    } else {
      std::byte* at = ip + side.v6_offset;
      address_edit.replace(IpAddress::v6(at), address);
      store(at, address.bytes());
    }
    if (l4 == nullptr) [[unlikely]]
      return;
    std::byte* at = l4 + side.port_offset;
    port_edit.replace(load<be16>(at), port);
    store(at, port);
  }

  void finish(Protocol protocol) {
    if (v4) {
      std::byte* ip_checksum = ip + ip_checksum_offset;
      store(ip_checksum, address_edit.apply(load<be16>(ip_checksum)));
    }
    // The first piece has the checksum of the whole datagram.
    if (l4 != nullptr) [[likely]]
      edit_l4_checksum(l4, protocol, address_edit.add(port_edit));
    decrement_ttl(ip, v4);
  }
};

// What is changed of a TCP segment beside its ends. False: it was dropped.
[[gnu::noinline]] static bool edit_segment(Burst& burst, uint32_t i, const Decision& decision,
                                           Streams* streams) {
  const Packet packet = burst.packets[i];
  Headers& headers = burst.headers[i];
  if (headers.payload == Payload::later_fragment) return true;
  if (decision.adds_client_address) add_client_address(packet, headers, decision.mtu_bytes);
  if (!decision.shifted) return true;
  Stream* stream = streams->find(StreamSides::of(headers, decision));
  if (stream == nullptr) {
    burst.drop(i, Drop::stream_lost);
    return false;
  }
  if (decision.direction == Direction::to_client) {
    shift_to_client(packet, headers, *stream);
  } else {
    shift_to_endpoint(packet, headers, *stream, decision.mtu_bytes);
  }
  return true;
}

template <Direction direction>
static void rewrite(Burst& burst, uint32_t i, const Decision& decision, Streams* streams) {
  Headers& headers = burst.headers[i];
  if (headers.ip_bytes > decision.mtu_bytes && decision.mtu_bytes != 0) [[unlikely]] {
    return burst.refuse(i, Drop::packet_too_big, Reply::fragmentation_needed, decision.mtu_bytes);
  }
  constexpr bool reply = direction == Direction::to_client;
  if (decision.adds_client_address || decision.shifted) [[unlikely]] {
    if (!edit_segment(burst, i, decision, streams)) return;
  }
  std::byte* frame = burst.packets[i].data();
  const bool has_l4 = headers.payload != Payload::later_fragment;
  std::byte* l4 = has_l4 ? frame + headers.l4_offset : nullptr;
  Rewriting packet{frame + headers.ip_offset, l4, headers.v4, {}, {}};
  packet.write(reply ? source_side : destination_side, decision.rewrite_address,
               decision.rewrite_port);
  (reply ? headers.source : headers.destination) = decision.rewrite_address;
  (reply ? headers.source_port : headers.destination_port) = decision.rewrite_port;
  if (decision.rewrites_both) {
    packet.write(reply ? destination_side : source_side, decision.near_address, decision.near_port);
    (reply ? headers.destination : headers.source) = decision.near_address;
    (reply ? headers.destination_port : headers.source_port) = decision.near_port;
  }
  packet.finish(headers.protocol);
}

template <Direction direction>
void forward_nat(Burst& burst, uint32_t which, const Decisions& decisions, Streams* streams) {
  Burst::for_each(which, [&](uint32_t i) { rewrite<direction>(burst, i, decisions[i], streams); });
}

template void forward_nat<Direction::to_endpoint>(Burst&, uint32_t, const Decisions&, Streams*);
template void forward_nat<Direction::to_client>(Burst&, uint32_t, const Decisions&, Streams*);

}  // namespace weft
