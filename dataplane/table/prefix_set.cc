#include "dataplane/table/prefix_set.h"

#include <bit>
#include <vector>

namespace weft {

namespace {

uint64_t half(const IpAddress& address, uint32_t at) {
  const std::byte* bytes = &address.bytes()[at];
  return uint64_t{load<be32>(bytes).host()} << 32 | load<be32>(bytes + 4).host();
}

uint32_t v4_key(const IpAddress& address) {
  return address.v4().host();
}
uint64_t v6_key(const IpAddress& address) {
  return half(address, 0);
}
uint128 v6_long_key(const IpAddress& address) {
  return uint128{half(address, 0)} << 64 | half(address, 8);
}

// The addresses of the prefixes that `take` accepts, where a key has `bits` bits.
template <class Key, class KeyOf, class Take>
std::vector<Interval<Key>> intervals(std::span<const IpPrefix> prefixes, uint32_t bits,
                                     KeyOf key_of, Take take) {
  std::vector<Interval<Key>> result;
  for (const IpPrefix& prefix : prefixes) {
    if (!take(prefix)) continue;
    const Key first = key_of(prefix.address());
    const Key inside = prefix.length() == 0 ? ~Key{0} : (Key{1} << (bits - prefix.length())) - 1;
    result.push_back({first, first | inside});
  }
  return result;
}

// Of the addresses of `which`, those whose keys are in the set.
template <class Key, class KeyOf>
uint32_t members_of(const IntervalSet<Key>& set, uint32_t which,
                    const std::array<IpAddress, PrefixSet::together_max>& addresses, KeyOf key_of) {
  if (which == 0 || set.empty()) return 0;
  std::array<Key, PrefixSet::together_max> keys;
  std::array<uint8_t, PrefixSet::together_max> places;
  std::size_t count = 0;
  for (uint32_t rest = which; rest != 0; rest &= rest - 1) {
    const auto i = static_cast<uint8_t>(std::countr_zero(rest));
    keys[count] = key_of(addresses[i]);
    places[count++] = i;
  }
  uint32_t inside = 0;
  for (uint32_t found = set.members({keys.data(), count}); found != 0; found &= found - 1) {
    inside |= 1u << places[std::countr_zero(found)];
  }
  return inside;
}

constexpr uint32_t half_bits = 64;

}  // namespace

PrefixSet::PrefixSet(std::span<const IpPrefix> prefixes)
    : v4_(intervals<uint32_t>(prefixes, 32, v4_key,
                              [](const IpPrefix& prefix) { return prefix.address().is_v4(); })),
      v6_(intervals<uint64_t>(
          prefixes, half_bits, v6_key,
          [](const IpPrefix& p) { return !p.address().is_v4() && p.length() <= half_bits; })),
      v6_long_(intervals<uint128>(prefixes, 128, v6_long_key, [](const IpPrefix& p) {
        return !p.address().is_v4() && p.length() > half_bits;
      })) {}

uint32_t PrefixSet::members(uint32_t which,
                            const std::array<IpAddress, together_max>& addresses) const {
  uint32_t four = 0;
  for (uint32_t rest = which; rest != 0; rest &= rest - 1) {
    const int i = std::countr_zero(rest);
    four |= uint32_t{addresses[static_cast<std::size_t>(i)].is_v4()} << i;
  }
  const uint32_t six = which & ~four;
  const uint32_t in_wide = members_of(v6_, six, addresses, v6_key);
  return members_of(v4_, four, addresses, v4_key) | in_wide |
         members_of(v6_long_, six & ~in_wide, addresses, v6_long_key);
}

}  // namespace weft
