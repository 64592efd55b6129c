#include "dataplane/base/available_memory.h"

#include <fstream>
#include <limits>

namespace weft {

uint64_t available_memory_mib(const std::string& meminfo) {
  std::ifstream file(meminfo);
  for (std::string key; file >> key;) {
    uint64_t kib = 0;
    if (key == "MemAvailable:" && file >> kib) return kib / 1024;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return UINT64_MAX;
}

}  // namespace weft
