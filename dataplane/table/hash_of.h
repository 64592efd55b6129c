// hash_of(key): how the keys of immutable tables hash. Not keyed by a secret: use KeyedHash where
// strangers choose what is stored.
#pragma once

#include <cstdint>

#include "dataplane/base/byte_order.h"
#include "dataplane/wire/ip_address.h"

namespace weft {

__extension__ using uint128 = unsigned __int128;

// Folds a 64x64 bit product; mixes two words well enough for a table index.
inline uint64_t mix(uint64_t a, uint64_t b) {
  const auto product = static_cast<uint128>(a ^ 0x9e3779b97f4a7c15u) * (b ^ 0xe7037ed1a0b428dbu);
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint64_t hash_of(const IpAddress& address) {
  return mix(load<uint64_t>(address.bytes().data()), load<uint64_t>(address.bytes().data() + 8));
}

}  // namespace weft
