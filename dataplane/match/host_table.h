// Which patterns a host matches, from most to least specific: itself, then wildcards from the
// longest suffix to the shortest, then `*`. `*.shop.example` stands for one or more labels in front
// of the suffix (Gateway API, Hostname). ASCII case does not count. A port, a trailing dot and IDNA
// are the caller's business: what is compared is the host alone.
// Thread safety: immutable.
//
// A lookup hashes the host, and of its suffixes only those that are as long as some wildcard's. The
// hash is seeded, though strangers choose only what is looked up, never what is stored.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/match/folded_host.h"
#include "dataplane/match/perfect_slots.h"

namespace weft {

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
      if (const uint32_t id = may_be_exact ? id_of(folded, 0) : none; id != none && accept(id)) {
        return id;
      }
      for (std::size_t dot = next_suffix(name, 1); dot < name.size();
           dot = next_suffix(name, dot + 1)) {
        if (const uint32_t id = id_of(folded, dot); id != none && accept(id)) return id;
      }
    }
    if (any_ != none && accept(any_)) return any_;
    return std::nullopt;
  }

  std::size_t bytes() const {
    return slots_->bytes() + names_.size() * sizeof(Name) + text_.size();
  }

 private:
  static constexpr uint32_t none = PerfectSlots::none;

  struct Name {
    uint32_t at = 0;  // where its bytes begin
    uint32_t size_bytes = 0;
  };

  explicit HostTable(uint64_t seed) : seed_(seed) {}
  std::optional<Error> add(const std::string& host, uint32_t id);
  bool build_slots();
  std::string_view name(uint32_t id) const {
    return std::string_view(text_).substr(names_[id].at, names_[id].size_bytes);
  }
  // Of the host from `from` on.
  uint32_t id_of(const FoldedHost& host, std::size_t from) const {
    const uint32_t id = slots_->find(host.hash_from(from, seed_));
    return id != none && name(id) == host.text().substr(from) ? id : none;
  }
  // Where the next suffix begins, at a dot, that is as long as some wildcard's; the end if none is.
  std::size_t next_suffix(std::string_view name, std::size_t from) const {
    if (wildcards_ == 0) return name.size();
    while (from < name.size() && (name[from] != '.' || !suffix_sizes_[name.size() - from])) {
      ++from;
    }
    return from;
  }

  uint64_t seed_;
  std::optional<PerfectSlots> slots_;  // ids by hash of the name
  std::vector<Name> names_;            // by id; the one of `*` is empty
  std::string text_;  // exact hosts, and wildcards without their star, in lower case
  std::bitset<FoldedHost::bytes_max + 1> suffix_sizes_;
  uint32_t wildcards_ = 0;
  uint32_t any_ = none;
};

}  // namespace weft
