#include "mgmt/metrics/names.h"

#include <fmt/format.h>

#include "dataplane/base/check.h"

namespace weft::mgmt {

std::string_view state_word(EndpointState state) {
  switch (state) {
    case EndpointState::down:
      return "down";
    case EndpointState::draining:
      return "draining";
    case EndpointState::healthy:
      return "healthy";
  }
  CHECK(false);
}

std::string endpoint_text(const IpAddress& address, uint16_t port) {
  if (address.is_v4()) return fmt::format("{}:{}", address.to_string(), port);
  return fmt::format("[{}]:{}", address.to_string(), port);
}

}  // namespace weft::mgmt
