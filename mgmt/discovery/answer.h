// What a look-up of a host name came to.
#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "dataplane/wire/ip_address.h"

namespace weft::mgmt {

struct ResolveError {
  enum class Kind : uint8_t {
    temporary,     // the resolver failed: no server reachable, a server's failure
    timeout,       // no answer in time
    no_such_name,  // an authority says that the name, or an address of it, does not exist
  };
  Kind kind = Kind::temporary;
  std::string text;  // of the system: "Temporary failure in name resolution"
};

// IPv4 and IPv6 addresses in any order, duplicates allowed.
using Answer = tl::expected<std::vector<IpAddress>, ResolveError>;

}  // namespace weft::mgmt
