// A worker's flows in buckets of 64 bytes (IPv6: 128). A flow lives in the first of its two
// buckets, and in the second only when the first was full as it came; so a hit in the first costs
// one cache line (IPv6: two that are fetched together). When both are full a flow moves to its own
// other bucket, where a flow may move on in turn; if that makes no room, the least valuable one
// goes: half-open, then closing, then the oldest UDP. Where moving keeps failing, as in a flood,
// few inserts try it. A bucket with room for it counts the flows that are away: those whose first
// bucket it is and that live in their second. While there are none, whoever is not found in the
// first is nowhere, and most of a flood costs one cache line. An established TCP flow is never
// evicted: then the new one is refused, and the caller does without an entry.
//
// Bucket gives the layout: `Key`, `flows`, `match(key)`, `key(i)`, `meta(i)`, `put(i, key, meta)`,
// and `hash(KeyedHash, key)`, and, if it can count, `away()` and `set_away(count)`. Nothing here
// allocates after construction or runs unbounded. Owner says what has become of a flow: `clock()`,
// `gone(bucket, i)` (its endpoint or listener is no more) and `removed(bucket, i)`, called for each
// flow that is about to leave, also to make room; it may forget() flows of the same table. Thread
// safety: one worker.
#pragma once

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>

#include "dataplane/base/byte_order.h"
#include "dataplane/base/check.h"
#include "dataplane/base/ids.h"
#include "dataplane/base/keyed_hash.h"
#include "dataplane/base/planted_bug.h"
#include "dataplane/table/flow_clock.h"
#include "dataplane/table/huge_array.h"

namespace weft {

// What the table knows of a flow in 32 bits: endpoint slot 20, tick of the last packet 9, state 3.
class FlowMeta {
 public:
  FlowMeta() = default;
  FlowMeta(EndpointSlot endpoint, FlowState state, uint32_t tick)
      : bits_(index(endpoint) | tick << slot_bits |
              static_cast<uint32_t>(state) << (slot_bits + FlowClock::tick_bits)) {}

  EndpointSlot endpoint() const { return static_cast<EndpointSlot>(bits_ & (endpoints_max - 1)); }
  uint32_t tick() const { return bits_ >> slot_bits & FlowClock::ticks_mask; }
  FlowState state() const {
    return static_cast<FlowState>(bits_ >> (slot_bits + FlowClock::tick_bits));
  }
  bool free() const { return bits_ >> (slot_bits + FlowClock::tick_bits) == 0; }
  bool udp() const { return bits_ >> 31 != 0; }
  bool expired(const FlowClock& clock) const { return clock.expired(state(), tick()); }
  bool operator==(const FlowMeta&) const = default;

  // Lane i is all ones if `metas[i]` is of a UDP flow, or of a TCP flow.
  static __m128i lanes_of(const std::array<FlowMeta, 4>& metas, bool udp) {
    // A state becomes a positive number, the others 0 or negative: TCP's 1 to 3 are, 4 (UDP) is
    // when its first and last bit are flipped.
    const int flip = udp ? static_cast<int>(5u << 29) : 0;
    const auto bits = load<__m128i>(reinterpret_cast<const std::byte*>(metas.data()));
    return _mm_cmpgt_epi32(_mm_xor_si128(bits, _mm_set1_epi32(flip)),
                           _mm_set1_epi32((1 << 29) - 1));
  }

 private:
  static constexpr uint32_t slot_bits = 20;
  static_assert(endpoints_max == 1u << slot_bits);
  static_assert(slot_bits + FlowClock::tick_bits + 3 == 32);

  uint32_t bits_ = 0;
};
static_assert(sizeof(FlowMeta) == 4);

struct FlowTableCounts {
  uint64_t entries = 0;
  uint64_t inserted = 0;
  uint64_t expired = 0;
  uint64_t evicted = 0;
  uint64_t refused = 0;
};

// A flow's two buckets.
struct FlowPlace {
  uint32_t first;
  uint32_t second;
};

// Whether to look for room by moving flows, which costs dozens of cache lines where there is none.
// Each time in a row that it found nothing doubles how many flows go without.
class RoomSearch {
 public:
  // A flow needs room.
  bool worthwhile() {
    if (skips_ == 0) return true;
    --skips_;
    return false;
  }
  void found(bool room) {
    skips_ = room ? 0 : skips_next_;
    skips_next_ = room ? 0 : std::min(2 * skips_next_ + 1, skips_max);
  }

 private:
  static constexpr uint32_t skips_max = 63;

  uint32_t skips_ = 0;
  uint32_t skips_next_ = 0;
};

template <class Bucket>
class FlowTable {
 public:
  using BucketType = Bucket;
  using Key = typename Bucket::Key;
  static_assert(sizeof(Bucket) == 64 || sizeof(Bucket) == 128);

  using Place = FlowPlace;
  // Where a flow is; good until the next insert or sweep.
  struct Flow {
    Bucket* bucket = nullptr;
    uint32_t at = 0;
    explicit operator bool() const { return bucket != nullptr; }
    FlowMeta meta() const { return bucket->meta(at); }
    void set_meta(FlowMeta meta) const { bucket->set_meta(at, meta); }
  };

  // Room for at least flows_max flows: buckets are a power of two. Requires: flows_max > 0.
  FlowTable(uint32_t flows_max, const KeyedHash& hash)
      : hash_(hash), buckets_(buckets_for(flows_max)), mask_(buckets_for(flows_max) - 1) {
    CHECK(flows_max > 0);
  }

  static constexpr uint32_t buckets_for(uint32_t flows_max) {
    return std::bit_ceil((flows_max + Bucket::flows - 1) / Bucket::flows);
  }

  uint32_t flows_max() const { return (mask_ + 1) * Bucket::flows; }
  const FlowTableCounts& counts() const { return counts_; }

  Place place(const Key& key) const {
    const Hash128 h = Bucket::hash(hash_, key);
    return {static_cast<uint32_t>(h.low) & mask_, static_cast<uint32_t>(h.high) & mask_};
  }
  void prefetch(Place place) const {
    const auto* bucket = reinterpret_cast<const std::byte*>(&buckets_[place.first]);
    __builtin_prefetch(bucket, 1);
    if constexpr (sizeof(Bucket) == 128) __builtin_prefetch(bucket + 64, 1);
  }

  void prefetch_second(Place place) const { prefetch({place.second, place.first}); }

  Flow find(Place place, const Key& key) {
    const Flow flow = find_first(place, key);
    if (flow) [[likely]]
      return flow;
    return may_be_away(place) ? find_second(place, key) : Flow{};
  }
  // The two halves of find(), for callers that prefetch in between.
  Flow find_first(Place place, const Key& key) { return find_in(buckets_[place.first], key); }
  Flow find_second(Place place, const Key& key) { return find_in(buckets_[place.second], key); }
  // Between them: false: what is not in its first bucket is nowhere.
  bool may_be_away(Place place) const {
    if constexpr (counts_away) return buckets_[place.first].away() != 0;
    return true;
  }

  // Requires: the key is not in the table. An empty Flow when there is no room.
  template <class Owner>
  Flow insert(Place place, const Key& key, FlowMeta meta, Owner&& owner) {
    Flow room = room_in(buckets_[place.first], owner);
    if (!room) room = room_in(buckets_[place.second], owner);
    if (!room) room = search(for_room_, place, false, owner);
    if (!room) room = evict_in({&buckets_[place.first], &buckets_[place.second]}, owner);
    if (!room) room = search(for_eviction_, place, true, owner);
    if (!room) {
      ++counts_.refused;
      return {};
    }
    room.bucket->put(room.at, key, meta);
    if (room.bucket != &buckets_[place.first]) count_away(buckets_[place.first], 1);
    ++counts_.entries;
    ++counts_.inserted;
    return room;
  }

  template <class Owner>
  void remove(Flow flow, Owner&& owner) {
    owner.removed(*flow.bucket, flow.at);
    forget(flow);
  }
  // Removes a flow of which its owner knows.
  void forget(Flow flow) {
    if constexpr (counts_away) {
      Bucket& first = buckets_[place(flow.bucket->key(flow.at)).first];
      if (flow.bucket != &first) count_away(first, -1);
    }
    flow.set_meta({});
    --counts_.entries;
  }

  // Removes flows that expired or are gone from the next buckets of an endless round.
  template <class Owner>
  void sweep(uint32_t buckets, Owner&& owner) {
    constexpr uint32_t ahead = 8;
    for (; buckets > 0; --buckets) {
      __builtin_prefetch(&buckets_[(swept_ + ahead) & mask_]);
      remove_ended(buckets_[swept_ & mask_], owner);
      ++swept_;
    }
  }
  uint32_t buckets() const { return mask_ + 1; }
  // Requires: at < buckets().
  const Bucket& bucket(uint32_t at) const {
    __builtin_prefetch(&buckets_[(at + 8) & mask_]);
    return buckets_[at];
  }

  // Becomes like `real` in all that a look-up or an insert of this key touches: a stand-in for it,
  // to try things out on. Where it is smaller, buckets that fall together keep what came first.
  // Requires: the same hash, no more buckets than `real`.
  void stand_in_for(const FlowTable& real, const Key& key) {
    for_room_ = real.for_room_;
    for_eviction_ = real.for_eviction_;
    const Place own = real.place(key);
    for (uint32_t depth = 0; depth <= moves_max; ++depth) {
      for (uint32_t at : {own.first, own.second}) copy_around(real, at, depth);
    }
  }

 private:
  // As many as look at about 16 buckets at most. The shortest way to a room is taken, so none leads
  // through a bucket twice.
  static constexpr uint32_t moves_max = Bucket::flows == 2 ? 4 : 2;

  // The bucket of `real` at `at` and those that its flows could move to, `depth` moves far.
  void copy_around(const FlowTable& real, uint32_t at, uint32_t depth) {
    const Bucket& from = real.buckets_[at];
    Bucket& to = buckets_[at & mask_];
    bool taken = false;
    for (uint32_t i = 0; i < Bucket::flows; ++i) taken |= !to.meta(i).free();
    if (!taken) to = from;
    if (depth == 0) return;
    for (uint32_t i = 0; i < Bucket::flows; ++i) {
      if (from.meta(i).free()) continue;
      const Place own = real.place(from.key(i));
      copy_around(real, own.first == at ? own.second : own.first, depth - 1);
    }
  }

  static constexpr bool counts_away = requires(Bucket & bucket) { bucket.set_away(0); };

  // A stand-in has not all buckets of what it stands for: there it may be that nobody was counted.
  static void count_away(Bucket& first, int change) {
    if constexpr (counts_away) {
      first.set_away(static_cast<uint16_t>(std::max(first.away() + change, 0)));
    }
  }

  Flow find_in(Bucket& bucket, const Key& key) {
    const uint32_t lanes = bucket.match(key);
    if (lanes == 0) return {};
    return {&bucket, static_cast<uint32_t>(std::countr_zero(lanes))};
  }

  template <class Owner>
  bool ended(const Bucket& bucket, uint32_t i, Owner& owner) const {
    return bucket.meta(i).expired(owner.clock()) || owner.gone(bucket, i);
  }

  template <class Owner>
  void remove_ended(Bucket& bucket, Owner& owner) {
    for (uint32_t i = 0; i < Bucket::flows; ++i) {
      if (bucket.meta(i).free() || !ended(bucket, i, owner)) continue;
      if (planted(PlantedBug::entry_not_removed) && bucket.meta(i).udp()) continue;
      ++counts_.expired;
      remove({&bucket, i}, owner);
    }
  }

  template <class Owner>
  Flow room_in(Bucket& bucket, Owner& owner) {
    for (uint32_t i = 0; i < Bucket::flows; ++i) {
      if (bucket.meta(i).free()) return {&bucket, i};
    }
    for (uint32_t i = 0; i < Bucket::flows; ++i) {
      if (!ended(bucket, i, owner)) continue;
      ++counts_.expired;
      remove({&bucket, i}, owner);
      return {&bucket, i};
    }
    return {};
  }

  // Moves one flow of the bucket to its other bucket, where room may be made in the same way
  // `depth` times over, or by evicting; touches at most flows^(depth + 1) buckets.
  template <class Owner>
  Flow make_room_by_moving(Bucket& bucket, uint32_t depth, bool evicts, Owner& owner) {
    for (uint32_t i = 0; i < Bucket::flows; ++i) {
      const Place own = place(bucket.key(i));
      Bucket& other = &buckets_[own.first] == &bucket ? buckets_[own.second] : buckets_[own.first];
      if (&other == &bucket) continue;
      Flow to = room_in(other, owner);
      if (!to && evicts) to = evict_in({&other}, owner);
      if (!to && depth > 0) to = make_room_by_moving(other, depth - 1, evicts, owner);
      if (!to || to.bucket == &bucket) continue;
      to.bucket->move(to.at, bucket, i);
      bucket.set_meta(i, {});
      const bool leaves = &buckets_[own.first] == &bucket;
      count_away(buckets_[own.first], leaves ? 1 : -1);
      return {&bucket, i};
    }
    return {};
  }

  template <class Owner>
  Flow search(RoomSearch& pace, Place place, bool evicts, Owner& owner) {
    if (!pace.worthwhile()) return {};
    Flow room{};
    for (uint32_t depth = 0; !room && depth < moves_max; ++depth) {
      for (uint32_t at : {place.first, place.second}) {
        if (!room) room = make_room_by_moving(buckets_[at], depth, evicts, owner);
      }
    }
    pace.found(bool(room));
    return room;
  }

  // Higher goes first; 0 never goes.
  static uint32_t worth_evicting(FlowMeta meta, const FlowClock& clock) {
    const uint32_t age = clock.age(meta.state(), meta.tick());
    switch (meta.state()) {
      case FlowState::half_open:
        return 3u << 16 | age;
      case FlowState::closing:
        return 2u << 16 | age;
      case FlowState::udp:
        return 1u << 16 | age;
      default:
        return planted(PlantedBug::evicted_established) ? 1 : 0;
    }
  }

  // The least valuable flow of these buckets.
  template <class Owner>
  Flow evict_in(std::initializer_list<Bucket*> buckets, Owner& owner) {
    Flow least{};
    uint32_t most = 0;
    for (Bucket* bucket : buckets) {
      for (uint32_t i = 0; i < Bucket::flows; ++i) {
        const uint32_t worth = worth_evicting(bucket->meta(i), owner.clock());
        if (worth > most) {
          most = worth;
          least = {bucket, i};
        }
      }
    }
    if (!least) return {};
    ++counts_.evicted;
    remove(least, owner);
    return least;
  }

  KeyedHash hash_;
  HugeArray<Bucket> buckets_;
  uint32_t mask_;
  uint32_t swept_ = 0;
  RoomSearch for_room_;
  RoomSearch for_eviction_;
  FlowTableCounts counts_;
};

}  // namespace weft
