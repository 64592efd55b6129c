// IPv6 flows of tunnel and direct listeners: three in a bucket of two cache lines, the key exact.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstdint>

#include "dataplane/base/byte_order.h"
#include "dataplane/table/flow_table.h"
#include "dataplane/wire/headers.h"
#include "dataplane/wire/ip_address.h"

namespace weft {

struct TunnelKey6 {
  IpAddress source;
  IpAddress destination;
  uint32_t ports = 0;  // source, then destination, as on the wire
  bool udp = false;

  static TunnelKey6 of(const Headers& headers) {
    return {headers.source, headers.destination,
            headers.source_port.raw | uint32_t{headers.destination_port.raw} << 16,
            headers.protocol == Protocol::udp};
  }
};

class alignas(64) TunnelBucket6 {
 public:
  using Key = TunnelKey6;
  static constexpr uint32_t flows = 3;

  static Hash128 hash(const KeyedHash& hash, const Key& key) {
    return hash(load<__m128i>(key.source.bytes().data()),
                load<__m128i>(key.destination.bytes().data()),
                _mm_set_epi32(0, 0, key.udp, static_cast<int>(key.ports)));
  }

  // Bit i: flow i has this key.
  uint32_t match(const Key& key) const {
    uint32_t lanes = 0;
    for (uint32_t i = 0; i < flows; ++i) {
      const uint32_t same = uint32_t{ports_[i] == key.ports} & uint32_t{source_[i] == key.source} &
                            uint32_t{destination_[i] == key.destination} &
                            uint32_t{!meta_[i].free()} & uint32_t{meta_[i].udp() == key.udp};
      lanes |= same << i;
    }
    return lanes;
  }

  Key key(uint32_t i) const { return {source_[i], destination_[i], ports_[i], meta_[i].udp()}; }
  FlowMeta meta(uint32_t i) const { return meta_[i]; }
  void set_meta(uint32_t i, FlowMeta meta) { meta_[i] = meta; }
  void put(uint32_t i, const Key& key, FlowMeta meta) {
    source_[i] = key.source;
    destination_[i] = key.destination;
    ports_[i] = key.ports;
    meta_[i] = meta;
  }
  void move(uint32_t to, const TunnelBucket6& from, uint32_t at) {
    put(to, from.key(at), from.meta(at));
  }

 private:
  // What tells most flows apart comes first, in the line that is read first.
  std::array<uint32_t, flows> ports_{};
  std::array<FlowMeta, flows> meta_{};
  std::array<IpAddress, flows> source_{};
  std::array<IpAddress, flows> destination_{};
};
static_assert(sizeof(TunnelBucket6) == 128);

using TunnelFlows6 = FlowTable<TunnelBucket6>;

}  // namespace weft
