// What a worker writes while it matches patterns: Hyperscan's scratch, and the patterns that
// matched. Made by mgmt for all sets of a table, cloned for each worker. Thread safety: one worker.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/base/result.h"

struct hs_scratch;

namespace weft {

class PatternSet;

class PatternScratch {
 public:
  // Fits `set` as well as those that it fitted before.
  Result<void> fit(const PatternSet& set);
  Result<PatternScratch> clone() const;

  // Ranks of the patterns that matched since clear(), ascending. They stay until then.
  std::span<const uint32_t> matched() {
    std::sort(matched_.begin(), matched_.end());
    return matched_;
  }
  void clear();

 private:
  friend class PatternSet;  // scans and adds

  struct Free {
    void operator()(hs_scratch* scratch) const;
  };

  void add(uint32_t rank);

  std::unique_ptr<hs_scratch, Free> scratch_;
  std::vector<uint32_t> matched_;     // has room for every rank
  std::vector<uint64_t> is_matched_;  // a bit for each rank
};

}  // namespace weft
