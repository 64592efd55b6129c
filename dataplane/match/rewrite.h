// A path rewritten by a pattern with captures (PCRE2, compiled to machine code). As with routes the
// pattern has to match the whole subject, as bytes; the replacement is what rewrite_template.h
// says. Syntax: PCRE2's, `.` is any byte, case counts. Thread safety: immutable; one worker's
// scratch.
//
// Work is bounded: a subject that makes the pattern try too much is a value, not a pause. Nothing
// allocates after compile(); a pattern that needs more stack than PCRE2 takes of the machine's
// counts as too costly.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "dataplane/base/result.h"
#include "dataplane/match/rewrite_template.h"

struct pcre2_real_code_8;
struct pcre2_real_match_context_8;
struct pcre2_real_match_data_8;

namespace weft {

// What a worker writes while it rewrites; fits every rewrite.
class RewriteScratch {
 public:
  static Result<RewriteScratch> make();

 private:
  friend class Rewrite;

  struct Free {
    void operator()(pcre2_real_match_data_8* data) const;
    void operator()(pcre2_real_match_context_8* context) const;
  };

  std::unique_ptr<pcre2_real_match_data_8, Free> data_;
  std::unique_ptr<pcre2_real_match_context_8, Free> context_;
};

class Rewrite {
 public:
  static constexpr uint32_t groups_max = 31;
  // Steps times the bytes of the subject, as each step may read them all: 0.2 ms for 40 bytes, up
  // to 7 ms for 8,000 with the worst pattern that was found.
  static constexpr uint32_t work_max = 2'000'000;

  // The error names what is wrong with the pattern, where, or with the replacement.
  static Result<Rewrite> compile(std::string_view pattern, std::string_view replacement);

  enum class Outcome : uint8_t {
    rewritten,
    unmatched,   // the pattern does not match
    too_long,    // for the room that there is
    too_costly,  // the pattern tried more than it may
  };
  struct Rewritten {
    Outcome outcome = Outcome::unmatched;
    std::string_view text;  // in `to`
  };
  // Requires: subject and `to` do not overlap.
  Rewritten apply(std::string_view subject, std::span<char> to, RewriteScratch& scratch) const;

 private:
  struct Free {
    void operator()(pcre2_real_code_8* code) const;
  };
  using Code = std::unique_ptr<pcre2_real_code_8, Free>;

  Rewrite(Code code, RewriteTemplate replacement)
      : code_(std::move(code)), replacement_(std::move(replacement)) {}

  Code code_;
  RewriteTemplate replacement_;
};

}  // namespace weft
