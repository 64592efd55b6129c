// IPv4 flows of tunnel listeners: four in a 64-byte bucket, the key exact, 16 bytes a flow.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstdint>

#include "dataplane/base/byte_order.h"
#include "dataplane/table/flow_table.h"
#include "dataplane/wire/headers.h"

namespace weft {

struct TunnelKey4 {
  be32 source;
  be32 destination;
  uint32_t ports = 0;  // source, then destination, as on the wire
  bool udp = false;

  static TunnelKey4 of(const Headers& headers) {
    return {headers.source.v4(), headers.destination.v4(),
            headers.source_port.raw | uint32_t{headers.destination_port.raw} << 16,
            headers.protocol == Protocol::udp};
  }
};

class alignas(64) TunnelBucket4 {
 public:
  using Key = TunnelKey4;
  static constexpr uint32_t flows = 4;

  static Hash128 hash(const KeyedHash& hash, const Key& key) {
    return hash(_mm_set_epi32(key.udp, static_cast<int>(key.ports),
                              static_cast<int>(key.destination.raw),
                              static_cast<int>(key.source.raw)));
  }

  // Bit i: flow i has this key.
  uint32_t match(const Key& key) const {
    const __m128i same = _mm_and_si128(
        _mm_and_si128(equal(source_, key.source.raw), equal(destination_, key.destination.raw)),
        _mm_and_si128(equal(ports_, key.ports), FlowMeta::lanes_of(meta_, key.udp)));
    return static_cast<uint32_t>(_mm_movemask_ps(_mm_castsi128_ps(same)));
  }

  Key key(uint32_t i) const {
    return {be32::from_raw(source_[i]), be32::from_raw(destination_[i]), ports_[i], meta_[i].udp()};
  }
  FlowMeta meta(uint32_t i) const { return meta_[i]; }
  void set_meta(uint32_t i, FlowMeta meta) { meta_[i] = meta; }
  void put(uint32_t i, const Key& key, FlowMeta meta) {
    source_[i] = key.source.raw;
    destination_[i] = key.destination.raw;
    ports_[i] = key.ports;
    meta_[i] = meta;
  }
  void move(uint32_t to, const TunnelBucket4& from, uint32_t at) {
    put(to, from.key(at), from.meta(at));
  }

 private:
  static __m128i equal(const std::array<uint32_t, flows>& lanes, uint32_t value) {
    return _mm_cmpeq_epi32(load<__m128i>(reinterpret_cast<const std::byte*>(lanes.data())),
                           _mm_set1_epi32(static_cast<int>(value)));
  }

  std::array<uint32_t, flows> source_{};
  std::array<uint32_t, flows> destination_{};
  std::array<uint32_t, flows> ports_{};
  std::array<FlowMeta, flows> meta_{};
};

using TunnelFlows4 = FlowTable<TunnelBucket4>;

}  // namespace weft
