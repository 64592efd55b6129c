#include "dataplane/match/pattern_set.h"

#include <hs.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <vector>

#include "dataplane/base/check.h"
#include "dataplane/match/literal_prefix.h"

namespace weft {
namespace {

constexpr unsigned flags = HS_FLAG_DOTALL | HS_FLAG_ALLOWEMPTY;

constexpr std::size_t line_bytes = 64;
constexpr std::size_t head_bytes = 16 * line_bytes;

struct FreeError {
  void operator()(hs_compile_error_t* error) const { hs_free_compile_error(error); }
};
using CompileError = std::unique_ptr<hs_compile_error_t, FreeError>;

Error refused(const Pattern& pattern, std::string_view why) {
  return {"pattern '" + pattern.text + "' cannot be compiled: " + std::string(why),
          Fault::operator_input};
}

// Why a pattern is none on its own. What brackets are put around must not be able to close them.
std::optional<Error> fault_of(const Pattern& pattern) {
  if (pattern.text.find('\0') != std::string::npos) {
    return refused(pattern, "it has a zero byte in it.");
  }
  hs_expr_info_t* info = nullptr;
  hs_compile_error_t* error = nullptr;
  hs_expression_info(pattern.text.c_str(), flags, &info, &error);
  std::free(info);
  const CompileError owned(error);
  if (owned != nullptr) return refused(pattern, owned->message);
  return std::nullopt;
}

// Not every error is of one pattern: a set may be too large as a whole.
Error refused_together(std::span<const Pattern> patterns, const hs_compile_error_t& error) {
  if (error.expression >= 0) {
    return refused(patterns[static_cast<std::size_t>(error.expression)], error.message);
  }
  return {std::to_string(patterns.size()) + " patterns, the first of them '" + patterns[0].text +
              "', cannot be compiled: " + error.message,
          Fault::operator_input};
}

}  // namespace

void PatternSet::Free::operator()(hs_database* database) const {
  hs_free_database(database);
}

Result<PatternSet> PatternSet::compile(std::span<const Pattern> patterns, std::size_t front_bytes) {
  CHECK(!patterns.empty());
  std::vector<std::string> whole;
  std::vector<unsigned> ranks;
  for (const Pattern& pattern : patterns) {
    CHECK(pattern.rank <= rank_max);
    if (std::optional<Error> fault = fault_of(pattern)) return tl::unexpected(std::move(*fault));
    whole.push_back("^(?:" + pattern_behind(pattern.text, front_bytes) + ")\\z");
    ranks.push_back(pattern.rank);
  }
  std::vector<const char*> expressions;
  expressions.reserve(whole.size());
  for (const std::string& expression : whole) expressions.push_back(expression.c_str());
  const std::vector<unsigned> all_flags(patterns.size(), flags);
  hs_database_t* database = nullptr;
  hs_compile_error_t* error = nullptr;
  hs_compile_multi(expressions.data(), all_flags.data(), ranks.data(),
                   static_cast<unsigned>(patterns.size()), HS_MODE_BLOCK, nullptr, &database,
                   &error);
  const CompileError owned(error);
  if (owned != nullptr) return tl::unexpected(refused_together(patterns, *owned));
  return PatternSet(database, *std::max_element(ranks.begin(), ranks.end()) + 1);
}

void PatternSet::match(std::string_view subject, PatternScratch& scratch) const {
  const auto add = [](unsigned rank, unsigned long long, unsigned long long, unsigned,
                      void* to) -> int {
    static_cast<PatternScratch*>(to)->add(rank);
    return 0;
  };
  // What every scan reads, at once and not line by line as Hyperscan comes to it.
  const auto* const head = reinterpret_cast<const char*>(database_.get());
  for (std::size_t at = 0; at < head_bytes; at += line_bytes) __builtin_prefetch(head + at);
  // Hyperscan refuses a null pointer, which an empty view may have.
  const char* bytes = subject.empty() ? "" : subject.data();
  const hs_error_t error = hs_scan(database_.get(), bytes, static_cast<unsigned>(subject.size()), 0,
                                   scratch.scratch_.get(), add, &scratch);
  CHECK(error == HS_SUCCESS);
}

std::size_t PatternSet::bytes() const {
  std::size_t bytes = 0;
  CHECK(hs_database_size(database_.get(), &bytes) == HS_SUCCESS);
  return bytes;
}

}  // namespace weft
