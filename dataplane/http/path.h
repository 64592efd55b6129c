// The normal form of a path: what routes match and what instances get. RFC 3986, 6.2.2, and what
// servers do beyond it.
//
// Dot segments are resolved, those above the root end there; escapes of unreserved characters are
// decoded, the hexadecimal digits of others are upper case; slashes in a row are one. A path in
// normal form has itself as its normal form under the same rules.
#pragma once

#include <cstdint>
#include <string_view>

#include "dataplane/http/refusal.h"

namespace weft {

enum class EscapedSlash : uint8_t { keep, decode, refuse };  // %2F
enum class Backslash : uint8_t { keep, slash, refuse };      // '\' and %5C

struct PathRules {
  EscapedSlash escaped_slash = EscapedSlash::keep;
  Backslash backslash = Backslash::refuse;
  bool merge_slashes = true;
};

// Whether it is in normal form under any rules: nothing to escape, no backslash, no slash followed
// by a slash or dot. Most paths are.
bool is_plain_path(std::string_view path);

struct NormalPath {
  Refusal refusal = Refusal::none;
  uint32_t bytes = 0;  // that were written
};

// Writes the normal form to `to`. Requires: the path begins with '/' and has no '?'; `to` has room
// for as many bytes as the path has, and does not overlap it.
NormalPath normalise_path(std::string_view path, const PathRules& rules, char* to);

}  // namespace weft
