#include "dataplane/match/pattern_scratch.h"

#include <hs.h>

#include "dataplane/match/pattern_set.h"

namespace weft {

void PatternScratch::Free::operator()(hs_scratch* scratch) const {
  hs_free_scratch(scratch);
}

Result<void> PatternScratch::fit(const PatternSet& set) {
  hs_scratch* scratch = scratch_.release();
  const hs_error_t error = hs_alloc_scratch(set.database_.get(), &scratch);
  scratch_.reset(scratch);
  if (error != HS_SUCCESS) return fail("no memory for scratch of patterns");
  const std::size_t ranks = std::max<std::size_t>(set.ranks_end_, matched_.capacity());
  matched_.reserve(ranks);
  is_matched_.resize((ranks + 63) / 64);
  return {};
}

Result<PatternScratch> PatternScratch::clone() const {
  PatternScratch copy;
  if (scratch_ != nullptr) {
    hs_scratch* scratch = nullptr;
    if (hs_clone_scratch(scratch_.get(), &scratch) != HS_SUCCESS) {
      return fail("no memory for a worker's scratch of patterns");
    }
    copy.scratch_.reset(scratch);
  }
  copy.matched_.reserve(matched_.capacity());
  copy.is_matched_.resize(is_matched_.size());
  return copy;
}

void PatternScratch::clear() {
  for (const uint32_t rank : matched_) is_matched_[rank / 64] = 0;
  matched_.clear();
}

// A pattern is added once even if it is reported twice: this is what bounds matched_.
void PatternScratch::add(uint32_t rank) {
  const uint64_t bit = uint64_t{1} << rank % 64;
  if ((is_matched_[rank / 64] & bit) != 0) return;
  is_matched_[rank / 64] |= bit;
  matched_.push_back(rank);
}

}  // namespace weft
