#include "dataplane/table/maglev.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <numeric>

#include "dataplane/base/byte_order.h"
#include "dataplane/base/check.h"
#include "dataplane/base/ids.h"
#include "dataplane/table/hash_of.h"
#include "dataplane/table/maglev_build.h"

namespace weft {

// Where in [0, n) a uniform 64-bit number falls.
static uint32_t scaled(uint64_t uniform, uint32_t n) {
  return static_cast<uint32_t>((static_cast<uint128>(uniform) * n) >> 64);
}

static MaglevPermutation permutation(const MaglevEndpoint& endpoint, uint32_t slots,
                                     uint64_t seed) {
  std::array<std::byte, 18> key;
  std::memcpy(key.data(), endpoint.address.bytes().data(), 16);
  store(&key[16], be16(endpoint.port));
  const XXH128_hash_t hash = XXH3_128bits_withSeed(key.data(), key.size(), seed);
  return {scaled(hash.low64, slots), scaled(hash.high64, slots - 1) + 1};
}

static bool before(const MaglevEndpoint& a, const MaglevEndpoint& b) {
  return a.address != b.address ? a.address < b.address : a.port < b.port;
}

// The endpoints that have weight, as indexes, by address and port.
static std::vector<uint16_t> in_order(std::span<const MaglevEndpoint> endpoints) {
  std::vector<uint16_t> order;
  order.reserve(endpoints.size());
  for (uint32_t i = 0; i < endpoints.size(); ++i) {
    if (endpoints[i].weight > 0) order.push_back(static_cast<uint16_t>(i));
  }
  const auto by_key = [&](uint16_t a, uint16_t b) { return before(endpoints[a], endpoints[b]); };
  if (!std::is_sorted(order.begin(), order.end(), by_key)) {
    std::sort(order.begin(), order.end(), by_key);
  }
  return order;
}

Maglev::Maglev(std::span<const MaglevEndpoint> endpoints, uint32_t slots, uint64_t seed) {
  CHECK(endpoints.size() <= cluster_endpoints_max && endpoints.size() < slots);
  CHECK(slots <= maglev_slots_max);
  const std::vector<uint16_t> order = in_order(endpoints);
  if (order.empty()) return;
  std::vector<uint32_t> weights;
  std::vector<MaglevPermutation> permutations;
  weights.reserve(order.size());
  permutations.reserve(order.size());
  for (uint16_t i : order) {
    weights.push_back(endpoints[i].weight);
    permutations.push_back(permutation(endpoints[i], slots, seed));
  }
  slots_ = maglev_fill(permutations, maglev_turns(maglev_shares(weights, slots)), slots);
  if (order.size() == endpoints.size() && std::is_sorted(order.begin(), order.end())) return;
  for (uint16_t& slot : slots_) slot = order[slot];
}

uint32_t maglev_slots(uint32_t endpoints, uint32_t configured) {
  if (configured > endpoints) return configured;
  static constexpr std::array sizes = {1021u, 4093u, 16381u, 65521u, 262139u, maglev_slots_max};
  const uint64_t wanted = uint64_t{endpoints} * 100;
  const auto* size =
      std::find_if(sizes.begin(), sizes.end(), [&](uint32_t s) { return s >= wanted; });
  return size == sizes.end() ? maglev_slots_max : *size;
}

}  // namespace weft
