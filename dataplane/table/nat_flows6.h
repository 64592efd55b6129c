// IPv6 flows of nat and fullnat listeners (nat_key.h): two in a bucket of two cache lines, each
// flow in a line of its own.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/byte_order.h"
#include "dataplane/table/flow_table.h"
#include "dataplane/table/nat_key.h"

namespace weft {

struct alignas(64) NatFlow6 {
  IpAddress client_address;
  IpAddress listener_address;
  IpAddress endpoint_address;
  be16 client_port;
  be16 listener_port;
  be16 endpoint_port;
  be16 source_port;  // fullnat
  FlowMeta meta;
  NatMarks marks;

  Socket6 client_side() const { return {client_address, client_port}; }
  Socket6 listener_side() const { return {listener_address, listener_port}; }
  Socket6 endpoint_side() const { return {endpoint_address, endpoint_port}; }
  void set_client(const Socket6& socket) {
    client_address = socket.address;
    client_port = socket.port;
  }
  void set_listener(const Socket6& socket) {
    listener_address = socket.address;
    listener_port = socket.port;
  }
  void set_endpoint(const Socket6& socket) {
    endpoint_address = socket.address;
    endpoint_port = socket.port;
  }
};
static_assert(sizeof(NatFlow6) == 64);

class alignas(64) NatBucket6 {
 public:
  using Key = NatKey6;
  using Socket = Socket6;
  static constexpr uint32_t flows = 2;

  static Hash128 hash(const KeyedHash& hash, const Key& key) {
    if (key.side != NatSide::source) [[likely]] {
      return hash(bytes_of(key.client.address), _mm_set_epi32(0, 0, key.udp, key.client.port.raw));
    }
    const uint32_t ports = key.client.port.raw | uint32_t{key.peer.port.raw} << 16;
    return hash(bytes_of(key.peer.address),
                _mm_set_epi32(0, static_cast<int>(source_host(key.client.address)), 2 + key.udp,
                              static_cast<int>(ports)));
  }

  // Bit i: flow i has this key.
  uint32_t match(const Key& key) const {
    uint32_t lanes = 0;
    for (uint32_t i = 0; i < flows; ++i) lanes |= uint32_t{is(flows_[i], key)} << i;
    return lanes;
  }

  Key key(uint32_t i) const { return key_of(flows_[i]); }
  // The key of a flow's own entry.
  static Key key_of(const NatFlow6& flow) {
    if (flow.marks.kind() == NatEntry::back) {
      std::array<std::byte, 16> host{};
      store(&host[14], be16(static_cast<uint16_t>(flow.marks.source_host)));
      return {{IpAddress::v6(host.data()), flow.source_port},
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
    NatFlow6 flow{.meta = meta};
    if (key.side == NatSide::client) {
      flow.set_client(key.client);
      flow.set_listener(key.peer);
    } else {
      flow.set_endpoint(key.peer);
      flow.source_port = key.client.port;
      flow.marks.source_host = source_host(key.client.address);
      flow.marks.entry = static_cast<uint32_t>(NatEntry::back);
    }
    flows_[i] = flow;
  }
  void move(uint32_t to, const NatBucket6& from, uint32_t at) { flows_[to] = from.flows_[at]; }

  void set_flow(uint32_t i, const NatFlow6& flow) { flows_[i] = flow; }
  NatFlow6& flow(uint32_t i) { return flows_[i]; }
  const NatFlow6& flow(uint32_t i) const { return flows_[i]; }
  ListenerSlot listener(uint32_t i) const {
    return static_cast<ListenerSlot>(flows_[i].marks.listener);
  }

 private:
  static __m128i bytes_of(const IpAddress& address) {
    return load<__m128i>(address.bytes().data());
  }

  static bool is(const NatFlow6& flow, const Key& key) {
    if (flow.meta.free() || flow.meta.udp() != key.udp) return false;
    if (key.side == NatSide::source) {
      return flow.marks.kind() == NatEntry::back && flow.source_port == key.client.port &&
             flow.marks.source_host == source_host(key.client.address) &&
             flow.endpoint_side() == key.peer;
    }
    const bool reply = key.side == NatSide::endpoint;
    return has_side(flow.marks.kind(), key.side) && flow.client_side() == key.client &&
           (reply ? flow.endpoint_side() : flow.listener_side()) == key.peer;
  }

  std::array<NatFlow6, flows> flows_{};
};

using NatFlows6 = FlowTable<NatBucket6>;

}  // namespace weft
