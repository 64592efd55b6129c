// What POST /v1/order asks for: {"order": "drain", "endpoint": "web/10.0.0.1:80", "by": "alice"}.
// A pure function.
#pragma once

#include "dataplane/base/result.h"
#include "mgmt/io/http_message.h"
#include "mgmt/model/order.h"

namespace weft::mgmt {

// The Order without its time. Who gives it: the name that the client says of itself, if any, and
// the user that the kernel knows. An Error is one sentence for the operator.
Result<Order> order_in(const HttpRequest& request);

}  // namespace weft::mgmt
