// The settings under /proc/sys/net that a twin needs. See README.md for each one's reason.
#pragma once

#include <string>

#include "dataplane/base/result.h"

namespace weft::mgmt {

// Idempotent: writes only what is different. Works in the calling thread's network namespace.
// Error: the first setting the kernel refuses; the rest is set nevertheless. `root` is "/" except
// in tests.
Result<void> set_twin_sysctls(const std::string& twin, const std::string& root = "/");

}  // namespace weft::mgmt
