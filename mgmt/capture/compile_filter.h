// From libpcap's filter language to a program, for Ethernet frames. Host names in a filter are
// looked up, which may take time: not on the gateway's loop.
#pragma once

#include <string>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/worker/packet_filter.h"

namespace weft::mgmt {

// An empty filter is an empty program. Error: one sentence with libpcap's reason.
Result<std::vector<FilterInstruction>> compile_filter(const std::string& filter);

}  // namespace weft::mgmt
