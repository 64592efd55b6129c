// Files that an operator names.
// Thread safety: a plain function.
#pragma once

#include <cstddef>
#include <string>

#include "mgmt/config/forms.h"

namespace weft::mgmt::config {

// The bytes of a regular file, or why there are none, as a half sentence that follows its name
// ("cannot be read: No such file or directory"). Reads little more than `bytes_max` and never waits
// (a FIFO is refused).
Parsed<std::string> read_file(const std::string& path, std::size_t bytes_max);

// "larger than 4 MiB"
std::string too_large(std::size_t bytes_max);

}  // namespace weft::mgmt::config
