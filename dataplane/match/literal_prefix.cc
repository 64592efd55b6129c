#include "dataplane/match/literal_prefix.h"

#include <algorithm>
#include <cstddef>

namespace weft {
namespace {

constexpr std::size_t not_followed = std::string_view::npos;
// Escapes by a letter that stand for one character or none and take no more of the pattern than
// letters, digits and braces. Not among them: \Q and \E, which change what follows or what a
// quantifier is for, and \c, which takes any character.
constexpr std::string_view simple_escapes = "dDwWsSbBhHvVRNnrtfeaxpPzZA0123456789";

bool is_one_of(std::string_view bytes, char c) {
  return bytes.find(c) != std::string_view::npos;
}

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// Behind the escape at `at`.
std::size_t escape_end(std::string_view pattern, std::size_t at) {
  if (at + 1 == pattern.size()) return not_followed;
  const char escaped = pattern[at + 1];
  if (is_letter_or_digit(escaped) && !is_one_of(simple_escapes, escaped)) return not_followed;
  return at + 2;
}

// Behind a name such as [:alpha:] in a class.
std::size_t name_end(std::string_view pattern, std::size_t at) {
  const std::size_t end = pattern.find(":]", at + 2);
  if (pattern[at + 1] != ':' || end == std::string_view::npos) return not_followed;
  const std::string_view name = pattern.substr(at + 2, end - at - 2);
  return std::ranges::all_of(name, [](char c) { return c == '^' || is_letter_or_digit(c); })
             ? end + 2
             : not_followed;
}

// Behind the class that begins at `at`. A closing bracket that comes first is a member.
std::size_t class_end(std::string_view pattern, std::size_t at) {
  ++at;
  if (at < pattern.size() && pattern[at] == '^') ++at;
  if (at < pattern.size() && pattern[at] == ']') ++at;
  while (at < pattern.size() && pattern[at] != ']') {
    const bool may_be_name =
        pattern[at] == '[' && at + 1 < pattern.size() && is_one_of(":.=", pattern[at + 1]);
    if (may_be_name) {
      at = name_end(pattern, at);
    } else {
      at = pattern[at] == '\\' ? escape_end(pattern, at) : at + 1;
    }
    if (at == not_followed) return not_followed;
  }
  return at < pattern.size() ? at + 1 : not_followed;
}

// Whether what stands at the front must be in every match: no alternative beside it, no option or
// comment that changes how it reads.
bool is_one_sequence(std::string_view pattern) {
  std::size_t depth = 0;
  for (std::size_t at = 0; at < pattern.size();) {
    const std::string_view rest = pattern.substr(at);
    if (rest[0] == '|' && depth == 0) return false;
    if (rest[0] == ')' && depth-- == 0) return false;
    if (rest[0] == '(') {
      if (rest.starts_with("(*") || (rest.starts_with("(?") && !rest.starts_with("(?:"))) {
        return false;
      }
      ++depth;
    }
    if (rest[0] == '\\') {
      at = escape_end(pattern, at);
    } else {
      at = rest[0] == '[' ? class_end(pattern, at) : at + 1;
    }
    if (at == not_followed) return false;
  }
  return depth == 0;
}

struct Front {
  std::string literal;
  std::size_t end = 0;  // of what it was read off; what follows there stands on its own
};

Front front_of(std::string_view pattern) {
  Front front;
  if (!is_one_sequence(pattern)) return front;
  for (std::size_t at = pattern.starts_with('^') ? 1 : 0; at < pattern.size();) {
    char c = pattern[at++];
    if (c == '\\') {
      c = pattern[at++];
      if (is_letter_or_digit(c)) break;
    } else if (is_one_of("^$.[]()|?*+{}", c)) {
      break;
    }
    const bool is_quantified = at < pattern.size() && is_one_of("?*+{", pattern[at]);
    if (is_quantified) break;
    front.literal += c;
    front.end = at;
  }
  return front;
}

}  // namespace

std::string literal_prefix(std::string_view pattern) {
  return front_of(pattern).literal;
}

std::string pattern_behind(std::string_view pattern, std::size_t n) {
  const Front front = front_of(pattern);
  std::string behind;
  for (const char c : front.literal.substr(n)) {
    const bool may_be_syntax = c > ' ' && c < '\x7f' && !is_letter_or_digit(c);
    if (may_be_syntax) behind += '\\';
    behind += c;
  }
  return behind.append(pattern.substr(front.end));
}

}  // namespace weft
