// What POST /v1/capture asks for, as JSON, from weftctl to the gateway: {"filter": "tcp port 80",
// "program": [[40, 0, 0, 12], ...], "drops_only": false, "snap_bytes": 65535, "packets_max": 0,
// "duration_s": 0}. Everything may be absent. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "dataplane/base/result.h"
#include "mgmt/capture/capture_request.h"

namespace weft::mgmt {

std::string text_of(const CaptureRequest& request);
// Error: one sentence for the operator.
Result<CaptureRequest> capture_request_in(std::string_view json);

}  // namespace weft::mgmt
