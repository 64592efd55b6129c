// IPv4 flows of nat listeners: two in a 64-byte bucket. The hash covers the client's side alone, so
// that a packet to the listener and the endpoint's reply find the same entry.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/byte_order.h"
#include "dataplane/table/flow_table.h"
#include "dataplane/wire/headers.h"

namespace weft {

// An address and port.
struct Socket4 {
  be32 address;
  be16 port;
  bool operator==(const Socket4&) const = default;
};

struct NatKey4 {
  Socket4 client;
  Socket4 peer;  // the listener's side; of a reply the endpoint's
  bool udp = false;
  bool reply = false;

  static NatKey4 of(const Headers& headers, bool reply) {
    const Socket4 source{headers.source.v4(), headers.source_port};
    const Socket4 destination{headers.destination.v4(), headers.destination_port};
    const bool udp = headers.protocol == Protocol::udp;
    return reply ? NatKey4{destination, source, udp, true}
                 : NatKey4{source, destination, udp, false};
  }
};

// Each side's address and port are the first six of eight bytes, so that they compare as a word.
struct alignas(32) NatFlow4 {
  be32 client_address;
  be16 client_port;
  uint16_t listener = 0;  // the listener's slot
  be32 listener_address;
  be16 listener_port;
  bool client_closed = false;  // it sent a FIN
  bool endpoint_closed = false;
  be32 endpoint_address;
  be16 endpoint_port;
  FlowMeta meta;

  Socket4 client_side() const { return {client_address, client_port}; }
  Socket4 listener_side() const { return {listener_address, listener_port}; }
  Socket4 endpoint_side() const { return {endpoint_address, endpoint_port}; }

  // Whether the socket whose address is at `at` in this flow is the one that `word` stands for.
  bool has(std::size_t at, uint64_t word) const {
    return (load<uint64_t>(reinterpret_cast<const std::byte*>(this) + at) ^ word) << 16 == 0;
  }
  static uint64_t word_of(Socket4 socket) {
    return socket.address.raw | uint64_t{socket.port.raw} << 32;
  }
};
static_assert(offsetof(NatFlow4, listener_address) == 8 &&
              offsetof(NatFlow4, endpoint_address) == 16);
static_assert(sizeof(NatFlow4) == 32);
static_assert(listeners_max <= UINT16_MAX + 1);

class alignas(64) NatBucket4 {
 public:
  using Key = NatKey4;
  static constexpr uint32_t flows = 2;

  static Hash128 hash(const KeyedHash& hash, const Key& key) {
    return hash(
        _mm_set_epi32(0, key.udp, key.client.port.raw, static_cast<int>(key.client.address.raw)));
  }

  // Bit i: flow i has this key.
  uint32_t match(const Key& key) const {
    const uint64_t client = NatFlow4::word_of(key.client);
    const uint64_t peer = NatFlow4::word_of(key.peer);
    const std::size_t peer_at =
        key.reply ? offsetof(NatFlow4, endpoint_address) : offsetof(NatFlow4, listener_address);
    uint32_t lanes = 0;
    for (uint32_t i = 0; i < flows; ++i) {
      const NatFlow4& flow = flows_[i];
      // Without branches: which of the two it is cannot be foretold.
      const uint32_t same = uint32_t{flow.has(0, client)} & uint32_t{flow.has(peer_at, peer)} &
                            uint32_t{!flow.meta.free()} & uint32_t{flow.meta.udp() == key.udp};
      lanes |= same << i;
    }
    return lanes;
  }

  Key key(uint32_t i) const {
    return {flows_[i].client_side(), flows_[i].listener_side(), flows_[i].meta.udp(), false};
  }
  FlowMeta meta(uint32_t i) const { return flows_[i].meta; }
  void set_meta(uint32_t i, FlowMeta meta) { flows_[i].meta = meta; }
  // The caller sets the endpoint and the listener's slot next. Requires: !key.reply.
  void put(uint32_t i, const Key& key, FlowMeta meta) {
    flows_[i] = {.client_address = key.client.address,
                 .client_port = key.client.port,
                 .listener_address = key.peer.address,
                 .listener_port = key.peer.port,
                 .meta = meta};
  }
  void move(uint32_t to, const NatBucket4& from, uint32_t at) { flows_[to] = from.flows_[at]; }

  NatFlow4& flow(uint32_t i) { return flows_[i]; }
  ListenerSlot listener(uint32_t i) const { return static_cast<ListenerSlot>(flows_[i].listener); }

 private:
  std::array<NatFlow4, flows> flows_{};
};

using NatFlows4 = FlowTable<NatBucket4>;

}  // namespace weft
