// Keys that end at segment borders of a path: the longest one is found by hash, and says which the
// shorter ones are. A key has up to three marks, each a number: `exact` counts for the path that is
// the key, `prefix` (Gateway API, PathPrefix) and `group` for that one and all below it. The empty
// key is above all paths that begin with a slash, and its group above all others too.
// Thread safety: immutable.
//
// A lookup hashes the path once, and asks for all its borders at once, without a branch; only the
// one that is hit leads to another cache line. Bounded by the longest key, in bytes and in
// segments, however long the path is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dataplane/match/perfect_slots.h"

namespace weft {

class PathIndex {
 public:
  static constexpr uint32_t none = PerfectSlots::none;
  static constexpr uint32_t slashes_max = 63;

  struct Marks {
    uint32_t exact = none;
    uint32_t prefix = none;
    uint32_t group = none;
  };
  using Keys = std::map<std::pair<uint32_t, std::string>, Marks>;  // by scope and text

  PathIndex() : PathIndex(Keys()) {}
  // Requires: keys are empty or begin with a slash, and have at most slashes_max of them; the empty
  // one has no exact mark.
  explicit PathIndex(const Keys& keys);

  // Where marks are that the path has (none: nowhere). `first_at` is its exact mark; if it has none
  // and no group either, its longest prefix, so that most look-ups do not branch by kind.
  struct Found {
    uint32_t first_at = none;
    uint32_t prefix_at = none;  // of the longest key with one
    uint32_t group_at = none;   // likewise
  };
  Found find(uint32_t scope, std::string_view path) const;

  uint32_t mark(uint32_t at) const { return words_[at]; }
  // Where the mark of the same kind of the next shorter key is, of a prefix or group.
  uint32_t shorter_at(uint32_t at) const { return words_[at + 1]; }
  // Of the key of a group.
  uint32_t key_bytes(uint32_t group_at) const { return entry(group_at - group_word).key_bytes; }

  std::size_t bytes() const { return slots_->bytes() + words_.size() * sizeof(words_[0]); }

 private:
  // Its key follows it in memory.
  struct Entry {
    uint32_t scope = 0;
    uint32_t key_bytes = 0;
    uint32_t exact = none;
    uint32_t prefix = none;
    uint32_t shorter_prefix_at = none;
    uint32_t group = none;
    uint32_t shorter_group_at = none;

    // Where the nearest marks are, if this entry is at `at`.
    uint32_t prefix_at(uint32_t at) const {
      return prefix != none ? at + prefix_word : shorter_prefix_at;
    }
    uint32_t group_at(uint32_t at) const {
      return group != none ? at + group_word : shorter_group_at;
    }
  };
  static constexpr uint32_t exact_word = 2;
  static constexpr uint32_t prefix_word = 3;
  static constexpr uint32_t group_word = 5;
  static_assert(offsetof(Entry, exact) == exact_word * sizeof(uint32_t));
  static_assert(offsetof(Entry, prefix) == prefix_word * sizeof(uint32_t));
  static_assert(offsetof(Entry, group) == group_word * sizeof(uint32_t));
  static constexpr uint32_t entry_words = sizeof(Entry) / sizeof(uint32_t);
  // Where the path has a border, and the hash of what is before it.
  struct Border {
    uint32_t key_bytes;
    uint64_t hash;
  };
  // So many are always looked up, there or not: loops that end with the path are mispredictions.
  static constexpr uint32_t borders_usual = 6;
  static constexpr uint32_t borders_max = slashes_max + 1;
  // In order; what is behind the last one is anything.
  struct Borders {
    std::array<Border, borders_max + borders_usual> borders;
    uint32_t count = 0;
  };

  const Entry& entry(uint32_t at) const { return *reinterpret_cast<const Entry*>(&words_[at]); }
  void hash_borders(uint32_t scope, std::string_view path, Borders& to) const;
  std::string_view key_at(uint32_t at) const {
    return {reinterpret_cast<const char*>(&words_[at]) + sizeof(Entry), entry(at).key_bytes};
  }
  std::vector<uint32_t> add_entries(const Keys& keys);
  uint32_t add(const Entry& entry, std::string_view key);
  bool build_slots(std::span<const uint32_t> entries);

  std::optional<PerfectSlots> slots_;  // entries by hash of their keys
  std::vector<uint32_t> words_;        // entries, each with its key behind it
  uint64_t seed_ = 0;
  uint32_t key_bytes_max_ = 0;
  uint32_t key_slashes_max_ = 0;
};

}  // namespace weft
