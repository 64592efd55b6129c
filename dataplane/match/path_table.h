// What a path matches, from most to least specific: exact paths, then patterns, then prefixes from
// the longest to the shortest. Among entries that are equal in this the earlier one comes first.
// Paths are bytes, without query, normalised by the caller; case counts. An
// entry is found in its scope (a host) only.
// Thread safety: immutable; a lookup writes only the scratch.
//
//   exact    the path itself
//   pattern  the whole path, see pattern_set.h
//   prefix   whole segments (Gateway API, PathPrefix): /cart and /cart/ are the same, and match
//            /cart, /cart/ and /cart/x, not /cartoon; / matches all that begins with a slash
//
// Patterns are grouped by the whole segments that they begin with literally; only groups whose
// segments the path begins with are scanned.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/match/id_lists.h"
#include "dataplane/match/path_index.h"
#include "dataplane/match/pattern_set.h"

namespace weft {

enum class PathKind : uint8_t { exact, pattern, prefix };

struct PathEntry {
  uint32_t scope = 0;
  PathKind kind = PathKind::exact;
  std::string path;
  uint32_t id = 0;  // up to IdLists::id_max; several entries may have the same
};

class PathTable {
 public:
  static constexpr std::size_t path_bytes_max = 8192;

  // The error names the entry that is wrong.
  static Result<PathTable> compile(std::span<const PathEntry> entries);

  // The id of the first entry that matches and that `accept` (bool of an id) says yes to. Requires:
  // `scratch` fits this table, and `accept` leaves it alone.
  template <class Accept>
  std::optional<uint32_t> find(uint32_t scope, std::string_view path, PatternScratch& scratch,
                               Accept accept) const {
    const PathIndex::Found found = index_.find(scope, path);
    if (found.first_at != PathIndex::none) {
      if (const auto id = lists_.find(index_.mark(found.first_at), accept)) return id;
    }
    if (found.group_at != PathIndex::none) {
      scan(path, found.group_at, scratch);
      for (const uint32_t rank : scratch.matched()) {
        if (accept(pattern_ids_[rank])) return pattern_ids_[rank];
      }
    }
    uint32_t at = found.prefix_at;
    const bool was_first = at != PathIndex::none && at == found.first_at;
    if (was_first) at = index_.shorter_at(at);
    for (; at != PathIndex::none; at = index_.shorter_at(at)) {
      if (const auto id = lists_.find(index_.mark(at), accept)) return id;
    }
    return std::nullopt;
  }

  Result<void> fit(PatternScratch& scratch) const;

  std::size_t bytes() const;

 private:
  struct Key {
    std::vector<uint32_t> exact;
    std::vector<uint32_t> prefix;
    std::vector<Pattern> patterns;
  };
  using Keys = std::map<std::pair<uint32_t, std::string>, Key>;  // by scope and text

  Result<void> add(const PathEntry& entry, Keys& keys);
  Result<void> build(const Keys& keys);
  void scan(std::string_view path, uint32_t group_at, PatternScratch& scratch) const;

  PathIndex index_;
  IdLists lists_;                      // what exact and prefix marks name
  std::vector<PatternSet> groups_;     // what group marks name
  std::vector<uint32_t> pattern_ids_;  // by rank
};

}  // namespace weft
