#include "pipelines/l4/forward_icmp_error.h"

#include "dataplane/wire/checksum.h"
#include "dataplane/wire/icmp.h"
#include "pipelines/l4/forward_direct.h"
#include "pipelines/l4/forward_tunnel.h"
#include "pipelines/l4/next_hop.h"
#include "pipelines/l4/parse_quoted.h"
#include "pipelines/l4/shift_stream.h"
#include "pipelines/l4/ttl.h"

namespace weft {
namespace {

constexpr uint32_t ip_checksum_offset = 10;
constexpr uint32_t icmp_checksum_offset = 2;

// Writes over the bytes of one packet and keeps account of what that means to its checksums.
struct Rewriting {
  std::byte* ip;
  bool v4;
  ChecksumEdit addresses;

  void write_source(const IpAddress& address) { write(v4 ? 12 : 8, address); }
  void write_destination(const IpAddress& address) { write(v4 ? 16 : 24, address); }

  // Of IPv4: the header's own. What else covers it sees the checksum change as well.
  void edit_ip_checksum(ChecksumEdit& covering) const {
    if (!v4) return;
    replace(ip + ip_checksum_offset, addresses.apply(load<be16>(ip + ip_checksum_offset)),
            covering);
  }

  static void replace(std::byte* at, be16 value, ChecksumEdit& covering) {
    covering.replace(load<be16>(at), value);
    store(at, value);
  }

 private:
  void write(uint32_t offset, const IpAddress& address) {
    std::byte* at = ip + offset;
    if (v4) {
      addresses.replace(load<be32>(at), address.v4());
      store(at, address.v4());
    } else {
      addresses.replace(IpAddress::v6(at), address);
      store(at, address.bytes());
    }
  }
};

// Where the checksum of a quoted L4 header lies, if the quote has it.
std::byte* l4_checksum_of(const Headers& quoted, std::byte* l4) {
  const uint32_t offset = quoted.protocol == Protocol::tcp ? 16 : 6;
  const uint32_t l4_bytes = quoted.ip_bytes - (quoted.l4_offset - quoted.ip_offset);
  return offset + sizeof(be16) <= l4_bytes ? l4 + offset : nullptr;
}

// Rewrites the quoted packet into the one that the receiver of the error sent. Gives what that
// means to the checksum of the message around it. `stream` null: both sides count alike.
ChecksumEdit rewrite_quoted(Packet packet, const Headers& quoted, const Decision& decision,
                            const Stream* stream) {
  const bool to_client = decision.direction == Direction::to_client;
  Rewriting inner{packet.data() + quoted.ip_offset, quoted.v4, {}};
  std::byte* l4 = packet.data() + quoted.l4_offset;
  ChecksumEdit ports;  // and numbers
  if (stream != nullptr) {
    const uint32_t l4_bytes = quoted.ip_bytes - (quoted.l4_offset - quoted.ip_offset);
    shift_quoted(std::span(l4, l4_bytes), *stream, decision.direction, ports);
  }
  if (to_client) {
    inner.write_destination(decision.rewrite_address);
  } else {
    inner.write_source(decision.rewrite_address);
  }
  Rewriting::replace(l4 + (to_client ? 2 : 0), decision.rewrite_port, ports);
  if (decision.rewrites_both) {
    if (to_client) {
      inner.write_source(decision.near_address);
    } else {
      inner.write_destination(decision.near_address);
    }
    Rewriting::replace(l4 + (to_client ? 0 : 2), decision.near_port, ports);
  }
  ChecksumEdit message = inner.addresses;
  message.add(ports);
  inner.edit_ip_checksum(message);
  if (std::byte* at = l4_checksum_of(quoted, l4)) {
    ChecksumEdit covered = inner.addresses;
    covered.add(ports);
    const bool udp = quoted.protocol == Protocol::udp;
    const auto before = load<be16>(at);
    Rewriting::replace(at, udp ? covered.apply_udp(before) : covered.apply(before), message);
  }
  return message;
}

// An error of the far side itself comes from the address that this side knows it by; one of a
// router keeps its source (RFC 5508, 4.2).
void rewrite_outer(Packet packet, Headers& headers, const IpAddress& far, const Decision& decision,
                   ChecksumEdit message) {
  const bool to_client = decision.direction == Direction::to_client;
  Rewriting outer{packet.data() + headers.ip_offset, headers.v4, {}};
  if (!to_client) headers.destination = decision.rewrite_address;
  if (to_client && decision.rewrites_both) headers.destination = decision.near_address;
  if (headers.source == far) {
    if (to_client) headers.source = decision.rewrite_address;
    if (!to_client && decision.rewrites_both) headers.source = decision.near_address;
  }
  outer.write_source(headers.source);
  outer.write_destination(headers.destination);
  ChecksumEdit unused;
  outer.edit_ip_checksum(unused);
  if (!headers.v4) message.add(outer.addresses);  // RFC 4443, 2.3: the pseudo header
  std::byte* checksum = packet.data() + headers.l4_offset + icmp_checksum_offset;
  store(checksum, message.apply(load<be16>(checksum)));
  decrement_ttl(outer.ip, headers.v4);
}

void rewrite(Packet packet, Headers& headers, const Decision& decision, Streams& streams) {
  const Headers quoted = *parse_quoted(packet, headers);
  Stream* stream =
      decision.shifted
          ? streams.find(StreamSides::of(*parse_quoted_reversed(packet, headers), decision))
          : nullptr;
  const auto error = IcmpView::parse(packet.linear().subspan(headers.l4_offset));
  const bool to_client = decision.direction == Direction::to_client;
  if (stream != nullptr && to_client && error->says_too_big(headers.v4)) hear_too_big(*stream);
  const ChecksumEdit message = rewrite_quoted(packet, quoted, decision, stream);
  rewrite_outer(packet, headers, quoted.destination, decision, message);
}

// What the way of an error through nat takes; 0: unknown.
uint32_t way_mtu_bytes(const Headers& headers, const Decision& decision,
                       const RoutingPart& routing) {
  if (decision.direction == Direction::to_endpoint) return decision.record->path_mtu_bytes;
  const bool fullnat = decision.rewrites_both;
  return find_way(routing, fullnat ? decision.near_address : headers.destination).mtu_bytes;
}

}  // namespace

void forward_errors(Burst& burst, Decisions& decisions, const RoutingPart& routing,
                    Streams& streams) {
  uint32_t tunnel = 0;
  uint32_t direct = 0;
  Burst::for_each(burst.take_aside(), [&](uint32_t i) {
    Headers& headers = burst.headers[i];
    Decision& decision = decisions[i];
    if (headers.payload != Payload::icmp_error) return;  // an echo, answered
    if (headers.ttl <= 1) return burst.drop(i, Drop::ttl_expired);
    if (decision.listener == nullptr || is_nat(decision.listener->forward)) {
      const uint32_t mtu_bytes = way_mtu_bytes(headers, decision, routing);
      if (headers.ip_bytes > mtu_bytes && mtu_bytes != 0) {
        return burst.drop(i, Drop::packet_too_big);
      }
      return rewrite(burst.packets[i], headers, decision, streams);
    }
    decision.next_hop = decision.record->next_hop;
    decision.mtu_bytes = decision.record->path_mtu_bytes;
    const Forward forward = decision.listener->forward;
    tunnel |= uint32_t{is_tunnel(forward)} << i;
    direct |= uint32_t{forward == Forward::direct} << i;
  });
  forward_tunnel(burst, tunnel, decisions);
  forward_direct(burst, direct, decisions);
}

}  // namespace weft
