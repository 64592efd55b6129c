// What strangers use, by key: how many of something a key holds, and when it may have the next. For
// limits by source, whose number nobody knows: room for a fixed number of keys, 16 bytes each. A
// key that holds nothing and may have the next one at once is as good as unknown, so its place is
// free for another without anybody tidying up. When there is no place, the key goes unlimited.
//
// Two keys whose 32-bit tags are equal in a bucket of four count as one: with a keyed hash that is
// chance, once in a billion look-ups. Thread safety: one worker.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/check.h"
#include "dataplane/base/clock.h"
#include "dataplane/base/keyed_hash.h"
#include "dataplane/table/huge_array.h"

namespace weft {

struct Usage {
  uint32_t tag = 0;  // 0: nobody's
  uint32_t held = 0;
  Instant next{};  // as in take_token()

  bool idle(Instant now) const { return held == 0 && next <= now; }
};
static_assert(sizeof(Usage) == 16);

class UsageTable {
 public:
  // Memory follows use. Requires: a power of two, at least 4.
  explicit UsageTable(uint32_t keys_max)
      : buckets_(keys_max / places), mask_(keys_max / places - 1) {
    CHECK(std::has_single_bit(keys_max) && keys_max >= places);
  }

  // Null: nothing is known of the key.
  Usage* find(const Hash128& key) {
    for (Bucket* bucket : buckets_of(key)) {
      for (Usage& usage : *bucket) {
        if (usage.tag == tag_of(key)) return &usage;
      }
    }
    return nullptr;
  }

  // Null: nothing is known of it, and there is no place.
  Usage* find_or_make(const Hash128& key, Instant now) {
    if (Usage* known = find(key)) return known;
    for (Bucket* bucket : buckets_of(key)) {
      for (Usage& usage : *bucket) {
        if (!usage.idle(now)) continue;
        usage = {.tag = tag_of(key)};
        return &usage;
      }
    }
    return nullptr;
  }

 private:
  static constexpr uint32_t places = 4;
  using Bucket = std::array<Usage, places>;  // a cache line

  std::array<Bucket*, 2> buckets_of(const Hash128& key) {
    return {&buckets_[static_cast<uint32_t>(key.low) & mask_],
            &buckets_[static_cast<uint32_t>(key.high) & mask_]};
  }
  static uint32_t tag_of(const Hash128& key) {
    const auto tag = static_cast<uint32_t>(key.high >> 32);
    return tag == 0 ? 1 : tag;
  }

  HugeArray<Bucket> buckets_;
  uint32_t mask_;
};

}  // namespace weft
