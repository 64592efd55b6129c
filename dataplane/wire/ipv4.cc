#include "dataplane/wire/ipv4.h"

#include "dataplane/wire/checksum.h"

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

void write_ipv4_header(std::byte* to, const Ipv4Header& header) {
  to[0] = std::byte{Ipv4View::plain_version_ihl};
  to[1] = std::byte{header.type_of_service};
  store(to + 2, be16(header.total_bytes));
  store(to + 4, be16(0));
  store(to + 6, be16(Ipv4View::dont_fragment_flag));
  to[8] = std::byte{header.ttl};
  to[9] = static_cast<std::byte>(header.protocol);
  store(to + 10, be16(0));
  store(to + 12, header.source);
  store(to + 16, header.destination);
  store(to + 10, InternetSum().add(std::span(to, Ipv4View::header_bytes_min)).checksum());
}

}  // namespace weft
