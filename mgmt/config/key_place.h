// Where a key stands: the TOML library points at values only.
#pragma once

#include <string_view>

#include "mgmt/config/source_text.h"

namespace weft::mgmt::config {

// Whether a key without quotes may have it.
bool in_bare_key(char c);

// The offset of the key whose value the library places at `value`: before the "=" of the same line,
// inside the table header that `value` points at, or inside a dotted key that made a table.
Offset key_place(std::string_view text, Offset value, std::string_view key);

}  // namespace weft::mgmt::config
