#include "mgmt/metrics/names.h"

#include <fmt/format.h>

namespace weft::mgmt {

std::string endpoint_text(const IpAddress& address, uint16_t port) {
  if (address.is_v4()) return fmt::format("{}:{}", address.to_string(), port);
  return fmt::format("[{}]:{}", address.to_string(), port);
}

}  // namespace weft::mgmt
