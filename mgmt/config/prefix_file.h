// A file of prefixes, one a line, for lists that are too long for the configuration:
//
//   # scanners
//   198.51.100.0/24
//   2001:db8:bad::/48   # since March
//
// Blank lines and what follows "#" say nothing; an address is a prefix of full length.
// Thread safety: plain functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dataplane/wire/ip_address.h"
#include "mgmt/config/config.h"

namespace weft::mgmt::config {

inline constexpr uint32_t prefix_file_bytes_max = 128u << 20;
inline constexpr uint32_t prefixes_max = 4u << 20;  // of a list

struct PrefixFile {
  std::vector<IpPrefix> prefixes;
  // Each with line and column, at most errors_max and one that counts the rest.
  std::vector<ConfigError> errors;
};

// `file_name` is only printed.
PrefixFile parse_prefix_file(std::string_view text, std::string file_name);

}  // namespace weft::mgmt::config
