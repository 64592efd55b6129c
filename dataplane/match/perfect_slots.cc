#include "dataplane/match/perfect_slots.h"

#include <algorithm>
#include <bit>

#include "dataplane/base/check.h"

namespace weft {

std::optional<PerfectSlots> PerfectSlots::build(std::span<const Item> items) {
  const std::size_t buckets = items.size() / bucket_items + 1;
  const std::size_t slots_min = std::bit_ceil(items.size() + items.size() / 4 + 1);
  for (std::size_t slots = slots_min; slots <= slots_min * 8; slots *= 2) {
    PerfectSlots result(buckets, slots);
    if (result.place_all(items)) return result;
  }
  return std::nullopt;
}

// Full buckets first, while there are many places left.
bool PerfectSlots::place_all(std::span<const Item> items) {
  std::vector<std::vector<const Item*>> buckets(displacements_.size());
  for (const Item& item : items) {
    CHECK(item.value != none);
    buckets[bucket_of(item.hash)].push_back(&item);
  }
  std::ranges::stable_sort(buckets, std::ranges::greater(), &std::vector<const Item*>::size);
  return std::ranges::all_of(buckets, [&](const auto& bucket) { return place(bucket); });
}

bool PerfectSlots::place(std::span<const Item* const> bucket) {
  if (bucket.empty()) return true;
  for (uint32_t displacement = 0; displacement <= UINT16_MAX; ++displacement) {
    std::size_t placed = 0;
    for (; placed < bucket.size(); ++placed) {
      const uint32_t slot = slot_of(bucket[placed]->hash, displacement);
      if (tags_[slot] != 0) break;
      tags_[slot] = tag_of(bucket[placed]->hash);
      values_[slot] = bucket[placed]->value;
    }
    if (placed == bucket.size()) {
      displacements_[bucket_of(bucket[0]->hash)] = static_cast<uint16_t>(displacement);
      return true;
    }
    while (placed-- > 0) tags_[slot_of(bucket[placed]->hash, displacement)] = 0;
  }
  return false;
}

}  // namespace weft
