#include "dataplane/wire/ipv4.h"

namespace weft {

Ipv4Options check_ipv4_options(std::span<const std::byte> options) {
  enum : uint8_t { end_of_list = 0, no_operation = 1, loose_route = 131, strict_route = 137 };
  while (!options.empty()) {
    const auto type = std::to_integer<uint8_t>(options[0]);
    if (type == end_of_list) return Ipv4Options::sound;
    if (type == no_operation) {
      options = options.subspan(1);
      continue;
    }
    if (type == loose_route || type == strict_route) return Ipv4Options::source_route;
    if (options.size() < 2) return Ipv4Options::malformed;
    const auto option_bytes = std::to_integer<std::size_t>(options[1]);
    if (option_bytes < 2 || option_bytes > options.size()) return Ipv4Options::malformed;
    options = options.subspan(option_bytes);
  }
  return Ipv4Options::sound;
}

}  // namespace weft
