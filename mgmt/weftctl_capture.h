// weftctl capture: has the gateway record packets, and writes them to a file as they come.
#pragma once

#include <string>

#include "dataplane/base/result.h"
#include "mgmt/capture/capture_request.h"

namespace weft::mgmt {

// Until the gateway ends it, or SIGINT or SIGTERM comes. `output`: a path, or "-" for standard
// output; then a line on stderr says what was captured. The request's program is made of its
// filter here.
Result<void> capture_to_file(const std::string& socket, CaptureRequest request,
                             const std::string& output);

}  // namespace weft::mgmt
