// The configuration file: text in, a checked Model or every error of the file out. Keys, defaults
// and ranges are the table in mgmt/config/schema.cc; docs/reference.md is printed from it.
// Thread safety: plain functions, no state; load takes milliseconds for thousands of lines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "mgmt/model/model.h"

namespace weft::mgmt::config {

// What is wrong, and where. The text is the operator's, so it is shown, never interpreted.
struct ConfigError {
  std::string file;
  uint32_t line = 0;    // from 1; 0: the file as a whole
  uint32_t column = 0;  // from 1, in characters
  std::string message;  // one sentence, no full stop
  std::string text;     // the offending line; of a long one the part around the column
  uint32_t caret = 0;   // characters of `text` before the offending one

  bool operator==(const ConfigError&) const = default;
};

// As a compiler prints it:
//   weft.toml:12:9: interval_ms must be an integer, not a string
//   interval_ms = "fast"
//                 ^
// without a newline at the end; for the file as a whole one line, "weft.toml: message".
std::string to_string(const ConfigError& error);
// One below the other, each ended by a newline.
std::string to_string(const std::vector<ConfigError>& errors);

// What defaults are taken from.
struct Host {
  std::string name;            // gateway.name
  std::vector<uint32_t> cpus;  // that this process may run on, ascending; gateway.workers
};
Host this_host();

using Loaded = tl::expected<Model, std::vector<ConfigError>>;

inline constexpr uint32_t file_bytes_max = 4u << 20;
inline constexpr uint32_t errors_max = 1000;  // after these, one that says how many more there are

// Every error of the schema at once, in the order of the file; after a syntax error only that one.
// Either a Model or at least one error. `file_name` is only printed.
Loaded load(std::string_view text, std::string file_name, const Host& host);
inline Loaded load(std::string_view text, std::string file_name) {
  return load(text, std::move(file_name), this_host());
}

// The same of a file. Unreadable, no regular file, too large: one error with line 0. Reads at most
// file_bytes_max bytes and never waits (a FIFO is refused).
Loaded load_file(const std::string& path, const Host& host);
inline Loaded load_file(const std::string& path) {
  return load_file(path, this_host());
}

// The keys with applies = restart whose values differ, as "gateway.workers" or
// "interface.edge.device" ("interface.edge" when it came or went, "interface" when only the order
// changed). Empty: `now` can be taken by a reload.
std::vector<std::string> restart_keys_changed(const Model& old, const Model& now);

// docs/reference.md, whole.
std::string print_reference();

}  // namespace weft::mgmt::config
