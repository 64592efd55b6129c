#include "dataplane/match/rewrite.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

namespace weft {
namespace {

constexpr uint32_t options = PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOTALL |
                             PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C;

std::string message_of(int error) {
  std::array<PCRE2_UCHAR, 256> text{};
  pcre2_get_error_message(error, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

Error refused(std::string_view pattern, const std::string& why, Fault fault) {
  return {"pattern '" + std::string(pattern) + "' cannot be compiled: " + why + ".", fault};
}

uint32_t groups_of(const pcre2_code* code) {
  uint32_t groups = 0;
  pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups);
  return groups;
}

std::optional<uint32_t> group_of(const pcre2_code* code, const std::string& name) {
  uint32_t number = 0;
  const char* const end = name.data() + name.size();
  if (const auto read = std::from_chars(name.data(), end, number); read.ptr == end) {
    const bool is_there = read.ec == std::errc() && number <= groups_of(code);
    return is_there ? std::optional(number) : std::nullopt;
  }
  const int named =
      pcre2_substring_number_from_name(code, reinterpret_cast<PCRE2_SPTR>(name.c_str()));
  return named > 0 ? std::optional(static_cast<uint32_t>(named)) : std::nullopt;
}

// A group that took no part in the match is empty.
std::array<std::string_view, Rewrite::groups_max + 1> groups_in(std::string_view subject,
                                                                pcre2_match_data* data,
                                                                uint32_t matched) {
  std::array<std::string_view, Rewrite::groups_max + 1> groups;
  const PCRE2_SIZE* const ends = pcre2_get_ovector_pointer(data);
  for (uint32_t group = 0; group < matched; ++group) {
    const PCRE2_SIZE begin = ends[2 * group];
    const PCRE2_SIZE end = ends[2 * group + 1];
    if (begin != PCRE2_UNSET && begin < end) groups[group] = subject.substr(begin, end - begin);
  }
  return groups;
}

}  // namespace

void RewriteScratch::Free::operator()(pcre2_real_match_data_8* data) const {
  pcre2_match_data_free(data);
}

void RewriteScratch::Free::operator()(pcre2_real_match_context_8* context) const {
  pcre2_match_context_free(context);
}

void Rewrite::Free::operator()(pcre2_real_code_8* code) const {
  pcre2_code_free(code);
}

Result<RewriteScratch> RewriteScratch::make() {
  RewriteScratch scratch;
  scratch.data_.reset(pcre2_match_data_create(Rewrite::groups_max + 1, nullptr));
  scratch.context_.reset(pcre2_match_context_create(nullptr));
  if (scratch.data_ == nullptr || scratch.context_ == nullptr) {
    return fail("no memory for a worker's scratch of rewrites");
  }
  return scratch;
}

Result<Rewrite> Rewrite::compile(std::string_view pattern, std::string_view replacement) {
  int error = 0;
  PCRE2_SIZE at = 0;
  Code code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), options,
                          &error, &at, nullptr));
  if (code == nullptr) {
    const std::string why = message_of(error) + ", at byte " + std::to_string(at);
    return tl::unexpected(refused(pattern, why, Fault::operator_input));
  }
  if (groups_of(code.get()) > groups_max) {
    const std::string why = "it has more than " + std::to_string(groups_max) + " groups";
    return tl::unexpected(refused(pattern, why, Fault::operator_input));
  }
  // Without machine code a match would allocate.
  if (const int jit = pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE); jit != 0) {
    return tl::unexpected(refused(pattern, message_of(jit), Fault::environment));
  }
  const auto group = [&](const std::string& name) { return group_of(code.get(), name); };
  Result<RewriteTemplate> parsed = RewriteTemplate::parse(replacement, group);
  if (!parsed) return tl::unexpected(std::move(parsed.error()));
  return Rewrite(std::move(code), std::move(*parsed));
}

Rewrite::Rewritten Rewrite::apply(std::string_view subject, std::span<char> to,
                                  RewriteScratch& scratch) const {
  // PCRE2 counts steps, and a step may read to the end of the subject.
  const auto steps_max = static_cast<uint32_t>(work_max / (subject.size() + 1));
  pcre2_set_match_limit(scratch.context_.get(), std::max(steps_max, 1u));
  const char* const bytes = subject.empty() ? "" : subject.data();
  const int matched = pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(bytes), subject.size(),
                                  0, 0, scratch.data_.get(), scratch.context_.get());
  if (matched == PCRE2_ERROR_NOMATCH) return {Outcome::unmatched, {}};
  if (matched < 0) return {Outcome::too_costly, {}};
  const auto groups = groups_in(subject, scratch.data_.get(), static_cast<uint32_t>(matched));
  const auto text = replacement_.expand(groups, to);
  if (!text) return {Outcome::too_long, {}};
  return {Outcome::rewritten, *text};
}

}  // namespace weft
