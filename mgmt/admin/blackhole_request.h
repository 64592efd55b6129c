// What POST /v1/blackhole asks for: {"add": ["198.51.100.0/24"], "remove": ["2001:db8::7"]}, either
// of them or both. A pure function.
#pragma once

#include "dataplane/base/result.h"
#include "mgmt/io/http_message.h"
#include "mgmt/model/blackhole_change.h"

namespace weft::mgmt {

// An Error is one sentence for the operator.
Result<BlackholeChange> blackhole_change_in(const HttpRequest& request);

}  // namespace weft::mgmt
