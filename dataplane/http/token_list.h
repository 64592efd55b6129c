// Values that are lists of tokens: "close, TE". RFC 9110, 5.6.1.
#pragma once

#include <algorithm>
#include <string_view>

#include "dataplane/http/fields.h"

namespace weft {

constexpr std::string_view without_spaces(std::string_view text) {
  const std::size_t from = std::min(text.find_first_not_of(" \t"), text.size());
  const std::size_t end = text.find_last_not_of(" \t") + 1;
  return text.substr(from, end < from ? 0 : end - from);
}

// Calls `take` with each element that is not empty.
template <class Take>
void each_element(std::string_view list, Take take) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view element = without_spaces(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (!element.empty()) take(element);
  }
}

// The same over all fields of that name, which are one list.
template <class Take>
void each_element(const Fields& fields, KnownField known, Take take) {
  if (!fields.has(known)) return;
  for (uint32_t i = 0; i < fields.count(); ++i) {
    if (const Field field = fields[i]; field.known == known) each_element(field.value, take);
  }
}

inline bool has_element(const Fields& fields, KnownField known, std::string_view token) {
  bool found = false;
  each_element(fields, known,
               [&](std::string_view element) { found |= same_token(element, token); });
  return found;
}

}  // namespace weft
