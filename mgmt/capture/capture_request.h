// What somebody wants to see of the gateway's packets.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/worker/packet_filter.h"

namespace weft::mgmt {

struct CaptureRequest {
  std::string filter;                      // in libpcap's language; empty: every packet
  std::vector<FilterInstruction> program;  // the filter, compiled
  bool drops_only = false;
  uint32_t snap_bytes = UINT16_MAX;  // of each frame at most
  uint64_t packets_max = 0;          // it ends then; 0: not by itself
  uint32_t duration_s = 0;           // it ends then; 0: not by itself
  bool operator==(const CaptureRequest&) const = default;
};

}  // namespace weft::mgmt
