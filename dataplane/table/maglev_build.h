// The three steps of building a Maglev table (Eisenbud et al., NSDI 2016, section 3.4), each a pure
// function. Endpoints are numbers in the order in which they take turns.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace weft {

// Slots for each weight: floor(slots*w/W) or one more, by the largest remainder, earlier ones
// first; their sum is `slots`. Requires: a weight is above 0, slots <= maglev_slots_max.
std::vector<uint32_t> maglev_shares(std::span<const uint32_t> weights, uint32_t slots);

// Who takes the first turn, the second and so on. There are as many rounds as the largest share;
// the k-th turn of a share q falls into round floor(k*rounds/q), so that at any time everyone has
// had turns in proportion. Within a round earlier endpoints come first. With equal shares that is
// the paper's order. Requires: at most 65,535 shares.
std::vector<uint16_t> maglev_turns(std::span<const uint32_t> shares);

// The order in which an endpoint wants slots: offset, offset + skip, ... modulo the slots.
struct MaglevPermutation {
  uint32_t offset;  // < slots
  uint32_t skip;    // 1 to slots - 1
};

// Slot -> endpoint, when each turn takes the first slot that it wants and that is free.
// Requires: `slots` is prime, turns.size() == slots, each turn names a permutation.
std::vector<uint16_t> maglev_fill(std::span<const MaglevPermutation> permutations,
                                  std::span<const uint16_t> turns, uint32_t slots);

}  // namespace weft
