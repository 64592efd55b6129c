// Lists of ids in one array. A list is one word: most have one id, which is the word itself.
// Thread safety: immutable once built.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/base/check.h"

namespace weft {

class IdLists {
 public:
  static constexpr uint32_t id_max = (1u << 31) - 1;

  // Requires: ids is not empty, none is above id_max.
  uint32_t add(std::span<const uint32_t> ids) {
    CHECK(!ids.empty() && ids_.size() < many);
    if (ids.size() == 1) return ids[0];
    const auto first = static_cast<uint32_t>(ids_.size());
    ids_.insert(ids_.end(), ids.begin(), ids.end());
    ids_.back() |= last;
    return first | many;
  }

  // The first id that `accept` says yes to.
  template <class Accept>
  std::optional<uint32_t> find(uint32_t list, Accept& accept) const {
    if ((list & many) == 0) return accept(list) ? std::optional(list) : std::nullopt;
    for (uint32_t at = list & ~many;; ++at) {
      const uint32_t id = ids_[at] & ~last;
      if (accept(id)) return id;
      if ((ids_[at] & last) != 0) return std::nullopt;
    }
  }

 private:
  static constexpr uint32_t many = 1u << 31;  // in a list: the rest is where it begins
  static constexpr uint32_t last = 1u << 31;  // in an id: the list ends with it

  std::vector<uint32_t> ids_;
};

}  // namespace weft
