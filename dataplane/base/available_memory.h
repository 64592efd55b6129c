// How much memory the host can give without swapping: what a start-up checks its tables against.
#pragma once

#include <cstdint>
#include <string>

namespace weft {

// MemAvailable of a file like /proc/meminfo; the most there can be when it does not say.
uint64_t available_memory_mib(const std::string& meminfo = "/proc/meminfo");

}  // namespace weft
