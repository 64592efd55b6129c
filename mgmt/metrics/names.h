// How things are called in what the gateway shows: the same words in JSON, metrics and tables.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dataplane/wire/ip_address.h"
#include "pipelines/endpoint_states.h"

namespace weft::mgmt {

// "10.0.2.1:8080" or "[fd00::1]:8080".
std::string endpoint_text(const IpAddress& address, uint16_t port);

}  // namespace weft::mgmt
