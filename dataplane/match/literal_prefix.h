// What a pattern has literally at its front. Thread safety: pure.
#pragma once

#include <string>
#include <string_view>

namespace weft {

// Bytes that every string which `pattern` matches as a whole begins with. Conservative: as many as
// can be read off the pattern without doubt, none where it has alternatives outside brackets or
// syntax that is not followed here (`(?i)`, `(?#...)`, `\Q`, `\E`, `\c`). In any case a shorter
// literal saves less work and decides nothing. Syntax: PCRE without options.
std::string literal_prefix(std::string_view pattern);

}  // namespace weft
