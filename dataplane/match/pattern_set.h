// Patterns that are matched together: one Hyperscan database. What is matched is the whole subject,
// as bytes; captures are none (see rewrite.h). Syntax: the subset of PCRE that Hyperscan compiles,
// `.` is any byte (HS_FLAG_DOTALL), case counts, the empty subject may match.
// Thread safety: immutable; a scan writes only the scratch.
//
// Compiling takes about a millisecond a pattern and more in large sets (3,000 in one: seconds), so
// it is for mgmt's compile thread. The database is for the CPU that it is compiled on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "dataplane/base/result.h"
#include "dataplane/match/pattern_scratch.h"

struct hs_database;

namespace weft {

struct Pattern {
  std::string text;
  uint32_t rank = 0;  // what it is called when it matches; lower ones come first
};

class PatternSet {
 public:
  static constexpr uint32_t rank_max = (1u << 24) - 1;

  // The error names the pattern that cannot be compiled, and why. Subjects will be matched without
  // their first `front_bytes`. Requires: at least one pattern, ranks up to rank_max, which differ;
  // as many bytes of literal prefix in each, the same in all.
  static Result<PatternSet> compile(std::span<const Pattern> patterns, std::size_t front_bytes = 0);

  // Adds the patterns that match to `scratch`, to what it has since its clear(). Requires:
  // `subject` is what follows the front; `scratch` was fitted to this set.
  void match(std::string_view subject, PatternScratch& scratch) const;

  std::size_t bytes() const;

 private:
  friend class PatternScratch;

  struct Free {
    void operator()(hs_database* database) const;
  };

  PatternSet(hs_database* database, uint32_t ranks_end)
      : database_(database), ranks_end_(ranks_end) {}

  std::unique_ptr<hs_database, Free> database_;
  uint32_t ranks_end_;  // above all ranks
};

}  // namespace weft
