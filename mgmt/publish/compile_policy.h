// Desired -> the policy part: the listeners and whose every address is.
//
// Owners, the longest prefix first: listeners and source_addresses are the workers'; the kernel's
// are [[interface]] addresses, what it has on the twins besides (a VRRP daemon's, say), their
// subnets' broadcast addresses, multicast and IPv6 link-local. A listener without a single address
// and L4 port is found by its ranges, in which the narrowest one wins.
#pragma once

#include <memory>

#include "mgmt/model/desired.h"
#include "mgmt/publish/compile.h"
#include "pipelines/snapshot.h"

namespace weft::mgmt {

// The previous one when nothing of it changed. Requires: as compile().
std::shared_ptr<const PolicyPart> compile_policy(const Desired& desired, const Compiled& previous);

}  // namespace weft::mgmt
