// Values by 64-bit hash, each in the one slot where it can be: a hash that has none is told apart
// without a branch, so several are looked up at once and none mispredicts. Hash and displace: the
// high bits name a displacement, which was chosen so that no two values meet. Few bytes: 8 a slot,
// 40 to 80 percent of them used, and a half for the displacements. Thread safety: immutable.
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

  // The value of this hash. Of a hash that was not given it is none, or in one of 2^32 cases
  // another's: compare what was hashed.
  uint32_t find(uint64_t hash) const {
    const Slot& slot = slots_[slot_of(hash, displacements_[bucket_of(hash)])];
    return slot.tag == static_cast<uint32_t>(hash) ? slot.value : none;
  }

  std::size_t bytes() const {
    return slots_.size() * sizeof(Slot) + displacements_.size() * sizeof(uint16_t);
  }

 private:
  static constexpr uint64_t bucket_items = 4;  // on average

  struct Slot {
    uint32_t tag = 0;
    uint32_t value = none;
  };

  PerfectSlots(std::size_t buckets, std::size_t slots)
      : displacements_(buckets), slots_(slots), mask_(slots - 1) {}

  uint64_t bucket_of(uint64_t hash) const { return (hash >> 32) * displacements_.size() >> 32; }
  uint64_t slot_of(uint64_t hash, uint64_t displacement) const {
    return ((hash ^ displacement * 0xa0761d6478bd642fu) * 0x8ebc6af09c88c6e3u >> 32) & mask_;
  }
  bool place(std::span<const Item* const> bucket);
  bool place_all(std::span<const Item> items);

  std::vector<uint16_t> displacements_;  // by bucket
  std::vector<Slot> slots_;              // a power of two of them
  uint64_t mask_;
};

}  // namespace weft
