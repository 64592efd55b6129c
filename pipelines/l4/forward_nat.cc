#include "pipelines/l4/forward_nat.h"

#include "dataplane/wire/checksum.h"
#include "pipelines/l4/ttl.h"

namespace weft {

// Where the side that is rewritten stands, in bytes from its header.
struct Side {
  uint32_t address_offset;
  uint32_t port_offset;
};
static constexpr Side source_side{12, 0};
static constexpr Side destination_side{16, 2};

static constexpr uint32_t ip_checksum_offset = 10;
static constexpr uint32_t tcp_checksum_offset = 16;
static constexpr uint32_t udp_checksum_offset = 6;

static void edit_l4_checksum(std::byte* l4, Protocol protocol, const ChecksumEdit& edit) {
  if (protocol == Protocol::tcp) {
    std::byte* field = l4 + tcp_checksum_offset;
    store(field, edit.apply(load<be16>(field)));
  } else {
    std::byte* field = l4 + udp_checksum_offset;
    store(field, edit.apply_udp(load<be16>(field)));
  }
}

static void rewrite(Burst& burst, uint32_t i, const Decision& decision) {
  Headers& headers = burst.headers[i];
  if (headers.ip_bytes > decision.mtu_bytes && decision.mtu_bytes != 0) [[unlikely]] {
    return burst.refuse(i, Drop::packet_too_big, Reply::fragmentation_needed, decision.mtu_bytes);
  }
  const bool reply = decision.direction == Direction::to_client;
  const Side side = reply ? source_side : destination_side;
  std::byte* ip = burst.packets[i].data() + headers.ip_offset;
  std::byte* l4 = burst.packets[i].data() + headers.l4_offset;

  const be32 address = decision.rewrite_address.v4();
  ChecksumEdit edit;
  edit.replace(load<be32>(ip + side.address_offset), address);
  std::byte* ip_checksum = ip + ip_checksum_offset;
  store(ip_checksum, edit.apply(load<be16>(ip_checksum)));
  edit.replace(load<be16>(l4 + side.port_offset), decision.rewrite_port);
  edit_l4_checksum(l4, headers.protocol, edit);
  store(ip + side.address_offset, address);
  store(l4 + side.port_offset, decision.rewrite_port);
  decrement_ttl(ip);

  (reply ? headers.source : headers.destination) = decision.rewrite_address;
  (reply ? headers.source_port : headers.destination_port) = decision.rewrite_port;
}

void forward_nat(Burst& burst, uint32_t which, const Decisions& decisions) {
  Burst::for_each(which, [&](uint32_t i) { rewrite(burst, i, decisions[i]); });
}

}  // namespace weft
