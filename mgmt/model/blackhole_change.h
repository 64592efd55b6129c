// What an operator changes of the blackholes: prefixes of sources whose packets reach no listener.
#pragma once

#include <vector>

#include "dataplane/wire/ip_address.h"

namespace weft::mgmt {

struct BlackholeChange {
  std::vector<IpPrefix> add;
  std::vector<IpPrefix> remove;
};

}  // namespace weft::mgmt
