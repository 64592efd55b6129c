#include "dataplane/table/maglev_build.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "dataplane/base/check.h"
#include "dataplane/table/hash_of.h"

namespace weft {

std::vector<uint32_t> maglev_shares(std::span<const uint32_t> weights, uint32_t slots) {
  const uint64_t total = std::accumulate(weights.begin(), weights.end(), uint64_t{0});
  CHECK(total > 0);
  std::vector<uint32_t> shares(weights.size());
  std::vector<std::pair<uint64_t, uint32_t>> remainders(weights.size());
  uint32_t left = slots;
  for (uint32_t i = 0; i < weights.size(); ++i) {
    const auto exact = static_cast<uint128>(weights[i]) * slots;
    shares[i] = static_cast<uint32_t>(exact / total);
    left -= shares[i];
    // Inverted, so that the smallest pair is the largest remainder, of equal ones the first.
    remainders[i] = {total - static_cast<uint64_t>(exact % total), i};
  }
  const auto end_of_largest = remainders.begin() + left;
  std::nth_element(remainders.begin(), end_of_largest, remainders.end());
  for (auto one = remainders.begin(); one != end_of_largest; ++one) ++shares[one->second];
  return shares;
}

// Calls visit(round) for each turn of a share: floor(k*rounds/share) for k = 0, 1, ... without a
// division a turn.
template <class Visit>
static void for_each_round(uint32_t share, uint32_t rounds, Visit visit) {
  if (share == 0) return;
  const uint32_t step = rounds / share;
  const uint32_t remainder = rounds % share;
  uint32_t round = 0;
  uint32_t carried = 0;
  for (uint32_t k = 0; k < share; ++k) {
    visit(round);
    round += step;
    carried += remainder;
    if (carried >= share) {
      carried -= share;
      ++round;
    }
  }
}

std::vector<uint16_t> maglev_turns(std::span<const uint32_t> shares) {
  const auto [smallest, largest] = std::minmax_element(shares.begin(), shares.end());
  const uint32_t rounds = *largest;
  std::vector<uint16_t> turns(std::accumulate(shares.begin(), shares.end(), size_t{0}));
  if (rounds - *smallest <= 1) {  // a turn each in every round; not all in the last one
    auto turn = turns.begin();
    for (uint32_t round = 0; round < *smallest; ++round) {
      std::iota(turn, turn + static_cast<ptrdiff_t>(shares.size()), uint16_t{0});
      turn += static_cast<ptrdiff_t>(shares.size());
    }
    for (uint32_t i = 0; turn != turns.end(); ++i) {
      if (shares[i] == rounds) *turn++ = static_cast<uint16_t>(i);
    }
    return turns;
  }
  std::vector<uint32_t> next(rounds + 1);  // by round: where its next turn goes
  for (uint32_t share : shares) {
    for_each_round(share, rounds, [&](uint32_t round) { ++next[round + 1]; });
  }
  std::partial_sum(next.begin(), next.end(), next.begin());
  for (uint32_t i = 0; i < shares.size(); ++i) {
    for_each_round(shares[i], rounds,
                   [&](uint32_t round) { turns[next[round]++] = static_cast<uint16_t>(i); });
  }
  return turns;
}

namespace {

// A table that is being filled, and where each endpoint is in its permutation.
class Filling {
 public:
  Filling(std::span<const MaglevPermutation> permutations, uint32_t slots)
      : slots_(slots),
        taken_((slots + 63) / 64),
        next_(permutations.begin(), permutations.end()),
        table_(slots) {}

  // Two turns, in this order. Both look for their slot side by side, as how often they have to try
  // is what the processor cannot guess; then the second walks on if the first took its slot.
  void take(uint16_t one, uint16_t other) {
    uint32_t one_at = next_[one].offset;
    uint32_t other_at = next_[other].offset;
    for (bool one_taken = true, other_taken = true; one_taken | other_taken;) {
      one_taken = taken(one_at);
      other_taken = taken(other_at);
      one_at = one_taken ? after(one_at, next_[one].skip) : one_at;
      other_at = other_taken ? after(other_at, next_[other].skip) : other_at;
    }
    put(one, one_at);
    while (taken(other_at)) other_at = after(other_at, next_[other].skip);
    put(other, other_at);
  }
  // The endpoint's turn gives it this slot.
  void put(uint16_t endpoint, uint32_t at) {
    taken_[at / 64] |= uint64_t{1} << (at % 64);
    table_[at] = endpoint;
    next_[endpoint].offset = at;
  }
  bool taken(uint32_t at) const { return (taken_[at / 64] >> (at % 64) & 1) != 0; }
  const MaglevPermutation& next(uint16_t endpoint) const { return next_[endpoint]; }
  std::vector<uint16_t> table() && { return std::move(table_); }

 private:
  // The step with and without the wrap at once: every try waits for it.
  uint32_t after(uint32_t at, uint32_t skip) const {
    const auto wrapped = static_cast<int32_t>(at + skip - slots_);
    return wrapped < 0 ? at + skip : static_cast<uint32_t>(wrapped);
  }

  const uint32_t slots_;
  std::vector<uint64_t> taken_;          // a bit a slot
  std::vector<MaglevPermutation> next_;  // offset: the slot taken last, at first the first wanted
  std::vector<uint16_t> table_;
};

// The inverse of a modulo the prime m, by Euclid.
uint32_t inverse_modulo(uint32_t a, uint32_t m) {
  int64_t inverse = 0;
  int64_t next_inverse = 1;
  uint32_t rest = m;
  for (uint32_t next_rest = a; next_rest != 0;) {
    const uint32_t quotient = rest / next_rest;
    inverse = std::exchange(next_inverse, inverse - int64_t{quotient} * next_inverse);
    rest = std::exchange(next_rest, rest - quotient * next_rest);
  }
  return static_cast<uint32_t>(inverse < 0 ? inverse + m : inverse);
}

// Among the free slots the one that `permutation` reaches first: the smallest (slot - offset) /
// skip modulo the slots. Compared as fractions of 2^64, where reducing modulo the slots is the
// overflow of a multiplication; two slots are at least 2^64 / 2^20 apart, rounding costs at most
// 2^21.
size_t first_wanted(const MaglevPermutation& permutation, std::span<const uint32_t> free,
                    uint32_t slots) {
  const auto inverse = static_cast<uint128>(inverse_modulo(permutation.skip, slots));
  const auto fraction = static_cast<uint64_t>(((inverse << 64) + slots - 1) / slots);
  const uint64_t before = slots - permutation.offset;
  size_t first = 0;
  uint64_t smallest = UINT64_MAX;
  for (size_t i = 0; i < free.size(); ++i) {
    const uint64_t distance = (free[i] + before) * fraction;
    first = distance < smallest ? i : first;
    smallest = std::min(distance, smallest);
  }
  return first;
}

}  // namespace

// Trying slots one after the other takes slots / free tries, so the last few hundred turns would
// cost more than all others. They look through the free slots instead.
std::vector<uint16_t> maglev_fill(std::span<const MaglevPermutation> permutations,
                                  std::span<const uint16_t> turns, uint32_t slots) {
  CHECK(turns.size() == slots);
  const uint32_t early = (slots - static_cast<uint32_t>(std::sqrt(2.0 * slots))) / 2 * 2;
  Filling filling(permutations, slots);
  for (uint32_t turn = 0; turn < early; turn += 2) filling.take(turns[turn], turns[turn + 1]);
  std::vector<uint32_t> free;
  for (uint32_t slot = 0; slot < slots; ++slot) {
    if (!filling.taken(slot)) free.push_back(slot);
  }
  for (uint16_t turn : turns.subspan(early)) {
    const size_t chosen = first_wanted(filling.next(turn), free, slots);
    filling.put(turn, free[chosen]);
    free[chosen] = free.back();
    free.pop_back();
  }
  return std::move(filling).table();
}

}  // namespace weft
