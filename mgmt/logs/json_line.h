// One log line as JSON. Thread safety: a plain function.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "mgmt/logs/logs.h"

namespace weft::mgmt {

inline constexpr std::size_t log_value_bytes_max = 1024;  // of a string, escaped

// One object without line end, at most Logs::line_bytes_max - 1 bytes. Always ASCII controls
// escaped and valid UTF-8: what is not becomes U+FFFD. Values that are too long are cut, fields
// that find no room are left out; both add "truncated":true. Numbers that JSON cannot say are null.
std::string json_line(std::chrono::system_clock::time_point at, Level level, std::string_view event,
                      std::span<const LogField> fields);

}  // namespace weft::mgmt
