// What outlives the process, in gateway.state_dir.
#pragma once

#include <string>

#include "dataplane/base/result.h"

namespace weft::mgmt {

// The hash seed that an earlier process of this gateway drew, or one drawn now and kept: a restart
// then gives connections without an entry the endpoints they had. Makes the folder.
Result<std::string> kept_hash_seed(const std::string& state_dir, const std::string& gateway);

}  // namespace weft::mgmt
