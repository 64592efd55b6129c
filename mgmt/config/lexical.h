// What is checked of the bytes before the TOML library sees them: UTF-8, control characters,
// strings that end and escapes that exist (with better places and words than the library has), and
// how deep brackets and dotted keys nest (the library recurses, so depth is bounded here).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mgmt/config/source_text.h"

namespace weft::mgmt::config {

struct SyntaxError {
  Offset at = 0;
  std::string message;
};

inline constexpr uint32_t nesting_max = 16;  // brackets in brackets, or parts of a dotted key

// The first thing that is wrong, or nothing.
std::optional<SyntaxError> check_encoding(std::string_view text);
// Requires: check_encoding found nothing.
std::optional<SyntaxError> check_tokens(std::string_view text);

}  // namespace weft::mgmt::config
