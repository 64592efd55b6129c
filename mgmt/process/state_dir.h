// What outlives the process, in gateway.state_dir.
#pragma once

#include <string>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/wire/ip_address.h"
#include "mgmt/model/order.h"

namespace weft::mgmt {

// The hash seed that an earlier process of this gateway drew, or one drawn now and kept: a restart
// then gives connections without an entry the endpoints they had. Makes the folder.
Result<std::string> kept_hash_seed(const std::string& state_dir, const std::string& gateway);

// What operators ordered of this gateway's endpoints: all of it, in place of what was kept. Waits
// for the disk. Makes the folder.
Result<void> keep_orders(const std::string& state_dir, const std::string& gateway,
                         const std::vector<Order>& orders);
// None when none were kept. An Error when they cannot be read: an endpoint that was disabled would
// get traffic.
Result<std::vector<Order>> kept_orders(const std::string& state_dir, const std::string& gateway);

// What operators blackholed, in the same way.
Result<void> keep_blackholes(const std::string& state_dir, const std::string& gateway,
                             const std::vector<IpPrefix>& prefixes);
Result<std::vector<IpPrefix>> kept_blackholes(const std::string& state_dir,
                                              const std::string& gateway);

}  // namespace weft::mgmt
