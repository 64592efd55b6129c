// A frame out of a pcap or pcapng file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/base/result.h"

namespace weft::mgmt {

// Frame `number` of the file, counted from 1 as Wireshark does. Error: one sentence; also when the
// file's frames are not Ethernet's, or this one was not kept whole.
Result<std::vector<std::byte>> captured_frame(const std::string& file, uint64_t number);

}  // namespace weft::mgmt
