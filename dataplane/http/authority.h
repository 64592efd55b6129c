// host[:port], strictly: RFC 3986, 3.2, without user information, escapes and empty parts.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weft {

struct Authority {
  std::string_view host;         // an IPv6 address with its brackets
  std::optional<uint16_t> port;  // never 0

  // Labels of letters, digits, '-', '_' and '~', one dot between them and perhaps one behind the
  // last; or an IPv6 address in brackets, without a zone.
  static std::optional<Authority> parse(std::string_view text);
};

}  // namespace weft
