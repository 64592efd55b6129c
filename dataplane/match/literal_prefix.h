// What a pattern has literally at its front. Thread safety: pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weft {

// Bytes that every string which `pattern` matches as a whole begins with. Conservative: as many as
// can be read off the pattern without doubt, none where it has alternatives outside brackets or
// syntax that is not followed here (`(?i)`, `(?#...)`, `\Q`, `\E`, `\c`). A shorter literal saves
// less work and decides nothing. Syntax: PCRE without options.
std::string literal_prefix(std::string_view pattern);

// A pattern that matches what is left of a string behind its first n bytes, if and only if
// `pattern` matches the whole string. Requires: these bytes are the first of
// literal_prefix(pattern).
std::string pattern_behind(std::string_view pattern, std::size_t n);

}  // namespace weft
