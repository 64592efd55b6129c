#include "mgmt/config/key_place.h"

#include <algorithm>

namespace weft::mgmt::config {

bool in_bare_key(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

namespace {

std::size_t without_blanks_before(std::string_view text, std::size_t end) {
  while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\t')) --end;
  return end;
}

bool escaped(std::string_view text, std::size_t at) {
  std::size_t backslashes = 0;
  while (backslashes < at && text[at - 1 - backslashes] == '\\') ++backslashes;
  return backslashes % 2 == 1;
}

// The start of the key (of a dotted one: its last part) that ends before `end`.
std::size_t key_before(std::string_view text, std::size_t end) {
  std::size_t at = end;
  if (at > 0 && (text[at - 1] == '"' || text[at - 1] == '\'')) {
    const char quote = text[at - 1];
    --at;
    do {
      if (at == 0) return 0;
      --at;
    } while (text[at] != quote || (quote == '"' && escaped(text, at)));
    return at;
  }
  while (at > 0 && in_bare_key(text[at - 1])) --at;
  return at;
}

// The first whole word `key` in [from, end of line).
std::size_t word(std::string_view text, std::size_t from, std::string_view key) {
  const std::size_t line_end = std::min(text.find('\n', from), text.size());
  for (std::size_t at = text.find(key, from); at < line_end; at = text.find(key, at + 1)) {
    const std::size_t end = at + key.size();
    const bool begins = at == 0 || !in_bare_key(text[at - 1]);
    if (begins && (end >= text.size() || !in_bare_key(text[end]))) return at;
  }
  return from;
}

}  // namespace

Offset key_place(std::string_view text, Offset value, std::string_view key) {
  const std::size_t before = without_blanks_before(text, value);
  if (before > 0 && text[before - 1] == '=') {
    return static_cast<Offset>(key_before(text, without_blanks_before(text, before - 1)));
  }
  return static_cast<Offset>(word(text, value, key));
}

}  // namespace weft::mgmt::config
