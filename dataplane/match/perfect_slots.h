// Values by 64-bit hash, each in the one slot where it can be: a hash that has none is told apart
// without a branch, so several are looked up at once and none mispredicts. Hash and displace: the
// high bits name a displacement, which was chosen so that no two values meet. Few bytes: 6 a slot,
// 40 to 80 percent of them used, and a half for the displacements; those that a miss reads are in
// arrays of their own, 5 KiB and 32 KiB for ten thousand. Thread safety: immutable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace weft {

class PerfectSlots {
 public:
  static constexpr uint32_t none = UINT32_MAX;

  struct Item {
    uint64_t hash = 0;
    uint32_t value = 0;  // below none
  };

  // Nothing if two hashes are too much alike: with another seed they will not be.
  static std::optional<PerfectSlots> build(std::span<const Item> items);

  // The only slot where this hash can be.
  uint32_t slot_of(uint64_t hash) const { return slot_of(hash, displacements_[bucket_of(hash)]); }
  // Of a hash that was not given it is false, or in one of 2^15 cases true: compare what was
  // hashed.
  bool may_have(uint32_t slot, uint64_t hash) const { return tags_[slot] == tag_of(hash); }
  // Requires: may_have() said so.
  uint32_t value(uint32_t slot) const { return values_[slot]; }

  uint32_t find(uint64_t hash) const {
    const uint32_t slot = slot_of(hash);
    return may_have(slot, hash) ? value(slot) : none;
  }

  std::size_t bytes() const {
    return values_.size() * (sizeof(uint32_t) + sizeof(uint16_t)) +
           displacements_.size() * sizeof(uint16_t);
  }

 private:
  static constexpr uint64_t bucket_items = 4;  // on average

  PerfectSlots(std::size_t buckets, std::size_t slots)
      : displacements_(buckets), tags_(slots), values_(slots, none), mask_(slots - 1) {}

  static uint16_t tag_of(uint64_t hash) { return static_cast<uint16_t>(hash | 1); }  // 0: empty
  uint64_t bucket_of(uint64_t hash) const { return (hash >> 32) * displacements_.size() >> 32; }
  uint32_t slot_of(uint64_t hash, uint64_t displacement) const {
    const uint64_t spread = (hash ^ displacement * 0xa0761d6478bd642fu) * 0x8ebc6af09c88c6e3u;
    return static_cast<uint32_t>(spread >> 32 & mask_);
  }
  bool place(std::span<const Item* const> bucket);
  bool place_all(std::span<const Item> items);

  std::vector<uint16_t> displacements_;  // by bucket
  std::vector<uint16_t> tags_;           // by slot, of which there are a power of two
  std::vector<uint32_t> values_;         // likewise
  uint64_t mask_;
};

}  // namespace weft
