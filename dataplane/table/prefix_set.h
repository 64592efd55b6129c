// Whether an address is in a set of prefixes, for lists of a million IPv4 and a hundred thousand
// IPv6 prefixes: about 8 bytes for an IPv4 prefix, 16 for an IPv6 prefix of up to 64 bits, 32 for a
// longer one. Addresses are looked up a burst at a time, see interval_set.h. Rejected: Lpm, which
// probes once for each prefix length (up to 33 misses); rte_lpm, 64 MiB and no IPv6.
// Thread safety: immutable.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/byte_order.h"
#include "dataplane/table/hash_of.h"
#include "dataplane/table/interval_set.h"
#include "dataplane/wire/ip_address.h"

namespace weft {

class PrefixSet {
 public:
  static constexpr uint32_t together_max = 32;

  // In any order; repeated, touching and overlapping ones are one. Takes about 0.1 us a prefix.
  explicit PrefixSet(std::span<const IpPrefix> prefixes);

  // Bit i of `which` stays if addresses[i] is in a prefix of the set. The families do not mix: ::/0
  // has no IPv4 address. Requires: addresses[i] is set for every bit i of `which`.
  uint32_t members(uint32_t which, const std::array<IpAddress, together_max>& addresses) const;
  bool contains(const IpAddress& address) const { return members(1, {address}) != 0; }

  // The same addresses are in both.
  bool operator==(const PrefixSet&) const = default;

  std::size_t bytes() const { return v4_.bytes() + v6_.bytes() + v6_long_.bytes(); }

 private:
  IntervalSet<uint32_t> v4_;
  IntervalSet<uint64_t> v6_;      // prefixes of up to 64 bits
  IntervalSet<uint128> v6_long_;  // longer ones
};

}  // namespace weft
