// Which patterns a host matches, from most to least specific: itself, then wildcards from the
// longest suffix to the shortest, then `*`. `*.shop.example` stands for one or more labels in front
// of the suffix (Gateway API, Hostname). ASCII case does not count. A port, a trailing dot and IDNA
// are the caller's business: what is compared is the host alone.
// Thread safety: immutable.
//
// A lookup hashes the host, and of its suffixes only those that are as long as some wildcard's. The
// hash is seeded, though strangers choose only what is looked up, never what is stored.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/result.h"

namespace weft {

// A copy of a host in lower case. Requires: it has up to `bytes_max` bytes.
class FoldedHost {
 public:
  static constexpr std::size_t bytes_max = 253;  // RFC 1035, section 2.3.4, as text

  explicit FoldedHost(std::string_view host);
  std::string_view text() const { return {bytes_.data(), size_bytes_}; }

 private:
  std::array<char, 256> bytes_;
  std::size_t size_bytes_;
};

class HostTable {
 public:
  // An id is a place in `hosts`. The error names the one that is no host, or is there twice.
  static Result<HostTable> compile(std::span<const std::string> hosts, uint64_t seed);

  // The first id that `accept` (bool of an id) says yes to, from most to least specific. A host
  // that is longer than any can be matches only `*`.
  template <class Accept>
  std::optional<uint32_t> find(std::string_view host, Accept accept) const {
    if (host.size() <= FoldedHost::bytes_max) {
      const FoldedHost folded(host);
      const std::string_view name = folded.text();
      const bool may_be_exact = !name.starts_with('.');  // else it might equal a stored suffix
      if (const uint32_t id = may_be_exact ? id_of(name) : none; id != none && accept(id)) {
        return id;
      }
      for (std::size_t dot = next_suffix(name, 1); dot < name.size();
           dot = next_suffix(name, dot + 1)) {
        if (const uint32_t id = id_of(name.substr(dot)); id != none && accept(id)) return id;
      }
    }
    if (any_ != none && accept(any_)) return any_;
    return std::nullopt;
  }

  std::size_t bytes() const { return cells_.size() * sizeof(Cell) + text_.size(); }

 private:
  static constexpr uint32_t none = UINT32_MAX;

  struct Cell {
    uint32_t hash = 0;  // its upper half: the lower one says where the cell is
    uint32_t text = 0;  // where its bytes begin
    uint32_t size_bytes = 0;
    uint32_t id = none;  // none: empty, and the end of a search
  };

  HostTable(std::size_t hosts, uint64_t seed);
  void insert(std::string_view name, uint32_t id);
  uint32_t id_of(std::string_view name) const;
  // Where the next suffix begins, at a dot, that is as long as some wildcard's; the end if none is.
  std::size_t next_suffix(std::string_view name, std::size_t from) const {
    if (wildcards_ == 0) return name.size();
    while (from < name.size() && (name[from] != '.' || !suffix_sizes_[name.size() - from])) {
      ++from;
    }
    return from;
  }

  uint64_t seed_;
  uint64_t mask_;
  std::vector<Cell> cells_;  // mask_ + 1, at most half of them used
  std::string text_;         // exact hosts, and wildcards without their star, in lower case
  std::bitset<FoldedHost::bytes_max + 1> suffix_sizes_;
  uint32_t wildcards_ = 0;
  uint32_t any_ = none;
};

}  // namespace weft
