// From the TOML library's error, a drawing of several lines, to one sentence and one place.
#pragma once

#include <string_view>

#include "mgmt/config/lexical.h"

namespace weft::mgmt::config {

// `drawing` is what the library says: a headline, then for each place a numbered line of the file
// and below it a caret; the last place is the offending one. `line` is used when there is none.
SyntaxError syntax_error(std::string_view text, std::string_view drawing, uint32_t line);

}  // namespace weft::mgmt::config
