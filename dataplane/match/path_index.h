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

  // The exact mark of the path, and where the longest keys with the others are (none: nowhere).
  struct Found {
    uint32_t exact = none;
    uint32_t prefix_at = none;
    uint32_t group_at = none;
  };
  Found find(uint32_t scope, std::string_view path) const;

  // Of the key that is there: its mark, where the next shorter key with such a mark is.
  uint32_t prefix(uint32_t at) const { return entry(at).marks.prefix; }
  uint32_t shorter_prefix_at(uint32_t at) const { return entry(at).shorter_prefix_at; }
  uint32_t group(uint32_t at) const { return entry(at).marks.group; }
  uint32_t shorter_group_at(uint32_t at) const { return entry(at).shorter_group_at; }
  uint32_t key_bytes(uint32_t at) const { return entry(at).key_bytes; }

  std::size_t bytes() const { return slots_->bytes() + entries_.size() * sizeof(entries_[0]); }

 private:
  // Its key follows it in memory.
  struct Entry {
    uint32_t scope = 0;
    uint32_t key_bytes = 0;
    Marks marks;
    uint32_t shorter_prefix_at = none;
    uint32_t shorter_group_at = none;
  };
  static constexpr uint32_t entry_words = sizeof(Entry) / sizeof(uint32_t);
  // Where the path has a border, and the hash of what is before it.
  struct Border {
    uint32_t key_bytes;
    uint64_t hash;
  };
  // In order; at most one more than a key may have slashes.
  struct Borders {
    std::array<Border, slashes_max + 1> borders;
    uint32_t count = 0;
  };

  const Entry& entry(uint32_t at) const { return *reinterpret_cast<const Entry*>(&entries_[at]); }
  void hash_borders(uint32_t scope, std::string_view path, Borders& to) const;
  std::string_view key_at(uint32_t at) const;
  std::vector<uint32_t> add_entries(const Keys& keys);
  uint32_t add(const Entry& entry, std::string_view key);
  bool build_slots(std::span<const uint32_t> entries);

  std::optional<PerfectSlots> slots_;  // entries by hash of their keys
  std::vector<uint32_t> entries_;      // entries, each with its key behind it
  uint64_t seed_ = 0;
  uint32_t key_bytes_max_ = 0;
  uint32_t key_slashes_max_ = 0;
};

}  // namespace weft
