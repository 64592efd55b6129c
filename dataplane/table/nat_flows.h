// IPv4 flows of nat and fullnat listeners (nat_key.h): two in a 64-byte bucket.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/byte_order.h"
#include "dataplane/table/flow_table.h"
#include "dataplane/table/nat_key.h"

namespace weft {

// Each side's address and port are the first six of eight bytes, so that they compare as a word.
struct alignas(32) NatFlow4 {
  be32 client_address;
  be16 client_port;
  uint16_t away = 0;  // the bucket's own, in its first flow
  be32 listener_address;
  be16 listener_port;
  uint16_t unused1 = 0;
  be32 endpoint_address;
  be16 endpoint_port;
  be16 source_port;  // fullnat
  FlowMeta meta;
  NatMarks marks;

  Socket4 client_side() const { return {client_address, client_port}; }
  Socket4 listener_side() const { return {listener_address, listener_port}; }
  Socket4 endpoint_side() const { return {endpoint_address, endpoint_port}; }
  void set_client(const Socket4& socket) {
    client_address = socket.address;
    client_port = socket.port;
  }
  void set_listener(const Socket4& socket) {
    listener_address = socket.address;
    listener_port = socket.port;
  }
  void set_endpoint(const Socket4& socket) {
    endpoint_address = socket.address;
    endpoint_port = socket.port;
  }

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

class alignas(64) NatBucket4 {
 public:
  using Key = NatKey4;
  using Socket = Socket4;
  static constexpr uint32_t flows = 2;

  static Hash128 hash(const KeyedHash& hash, const Key& key) {
    if (key.side != NatSide::source) [[likely]] {
      return hash(
          _mm_set_epi32(0, key.udp, key.client.port.raw, static_cast<int>(key.client.address.raw)));
    }
    const uint32_t ports = key.client.port.raw | uint32_t{key.peer.port.raw} << 16;
    return hash(_mm_set_epi32(static_cast<int>(source_host(key.client.ip())), 2 + key.udp,
                              static_cast<int>(ports), static_cast<int>(key.peer.address.raw)));
  }

  // Bit i: flow i has this key.
  uint32_t match(const Key& key) const {
    if (key.side == NatSide::source) [[unlikely]]
      return match_source(key);
    const uint64_t client = NatFlow4::word_of(key.client);
    const uint64_t peer = NatFlow4::word_of(key.peer);
    const std::size_t peer_at = key.side == NatSide::endpoint
                                    ? offsetof(NatFlow4, endpoint_address)
                                    : offsetof(NatFlow4, listener_address);
    uint32_t lanes = 0;
    for (uint32_t i = 0; i < flows; ++i) {
      const NatFlow4& flow = flows_[i];
      // Without branches: which of the two it is cannot be foretold.
      const uint32_t same = uint32_t{flow.has(0, client)} & uint32_t{flow.has(peer_at, peer)} &
                            uint32_t{!flow.meta.free()} & uint32_t{flow.meta.udp() == key.udp} &
                            uint32_t{has_side(flow.marks.kind(), key.side)};
      lanes |= same << i;
    }
    return lanes;
  }

  Key key(uint32_t i) const { return key_of(flows_[i]); }
  // The key of a flow's own entry.
  static Key key_of(const NatFlow4& flow) {
    if (flow.marks.kind() == NatEntry::back) {
      return {{be32(flow.marks.source_host), flow.source_port},
              flow.endpoint_side(),
              flow.meta.udp(),
              NatSide::source};
    }
    return {flow.client_side(), flow.listener_side(), flow.meta.udp(), NatSide::client};
  }
  FlowMeta meta(uint32_t i) const { return flows_[i].meta; }
  void set_meta(uint32_t i, FlowMeta meta) { flows_[i].meta = meta; }
  // The caller fills in the rest next. Requires: key.side is client or source.
  void put(uint32_t i, const Key& key, FlowMeta meta) {
    NatFlow4 flow{.meta = meta};
    if (key.side == NatSide::client) {
      flow.set_client(key.client);
      flow.set_listener(key.peer);
    } else {
      flow.set_endpoint(key.peer);
      flow.source_port = key.client.port;
      flow.marks.source_host = source_host(key.client.ip());
      flow.marks.entry = static_cast<uint32_t>(NatEntry::back);
    }
    set_flow(i, flow);
  }
  void move(uint32_t to, const NatBucket4& from, uint32_t at) { set_flow(to, from.flows_[at]); }

  // As many flows as FlowTable says.
  uint16_t away() const { return flows_[0].away; }
  void set_away(uint16_t count) { flows_[0].away = count; }

  void set_flow(uint32_t i, NatFlow4 flow) {
    flow.away = flows_[i].away;
    flows_[i] = flow;
  }
  NatFlow4& flow(uint32_t i) { return flows_[i]; }
  const NatFlow4& flow(uint32_t i) const { return flows_[i]; }
  ListenerSlot listener(uint32_t i) const {
    return static_cast<ListenerSlot>(flows_[i].marks.listener);
  }

 private:
  uint32_t match_source(const Key& key) const {
    const uint64_t endpoint = NatFlow4::word_of(key.peer);
    const uint32_t host = source_host(key.client.ip());
    uint32_t lanes = 0;
    for (uint32_t i = 0; i < flows; ++i) {
      const NatFlow4& flow = flows_[i];
      const bool same = flow.has(offsetof(NatFlow4, endpoint_address), endpoint) &&
                        flow.source_port == key.client.port && flow.marks.source_host == host &&
                        flow.marks.kind() == NatEntry::back && !flow.meta.free() &&
                        flow.meta.udp() == key.udp;
      lanes |= uint32_t{same} << i;
    }
    return lanes;
  }

  std::array<NatFlow4, flows> flows_{};
};

using NatFlows4 = FlowTable<NatBucket4>;

}  // namespace weft
