// Maglev lookup table with weights: slot -> index of an endpoint (Eisenbud et al., "Maglev: A Fast
// and Reliable Software Network Load Balancer", NSDI 2016, section 3.4).
//
// The table is a function of the set of endpoints (their keys), their weights, the number of slots
// and the seed; not of the order they are given in. An endpoint of weight w of total W gets
// floor(M*w/W) or ceil(M*w/W) slots; weight 0 gets none. The seed keys the hash of address and
// port, so that two gateways with one seed agree, and nobody without it can say where a flow will
// go. Thread safety: immutable.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/wire/ip_address.h"

namespace weft {

inline constexpr uint32_t maglev_slots_max = 1048573;

struct MaglevEndpoint {
  IpAddress address;
  uint16_t port = 0;
  uint32_t weight = 1;
};

class Maglev {
 public:
  // Requires: slots is prime, larger than the number of endpoints, at most maglev_slots_max; at
  // most cluster_endpoints_max endpoints, their addresses and ports distinct. Fastest when they
  // come in order of address and port.
  Maglev(std::span<const MaglevEndpoint> endpoints, uint32_t slots, uint64_t seed);

  // No endpoint has weight.
  bool empty() const { return slots_.empty(); }
  // The index (into the constructor's span) that a flow's hash picks. Requires: !empty().
  uint16_t pick(uint32_t hash) const { return slots_[slot_of(hash)]; }
  // For callers that prefetch first. Requires: !empty().
  void prefetch(uint32_t hash) const { __builtin_prefetch(&slots_[slot_of(hash)]); }
  std::span<const uint16_t> slots() const { return slots_; }

 private:
  uint32_t slot_of(uint32_t hash) const {
    return static_cast<uint32_t>((uint64_t{hash} * slots_.size()) >> 32);
  }

  std::vector<uint16_t> slots_;
};

// The slots of a table for so many endpoints: as configured, if that is more than the endpoints;
// otherwise (0: not configured) the smallest of 1021, 4093, 16381, 65521, 262139, 1048573 that is
// at least 100 times the endpoints (the last one beyond that).
uint32_t maglev_slots(uint32_t endpoints, uint32_t configured = 0);

}  // namespace weft
