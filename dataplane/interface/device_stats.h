// What the devices of one interface lose before a worker sees it or after it let go, the buffers
// they draw from, and how they choose a worker. Plain values.
#pragma once

#include <cstdint>
#include <string>

namespace weft {

struct DeviceStats {               // of all devices together, since the start
  uint64_t receive_missed = 0;     // the device had no room: workers too slow
  uint64_t receive_errors = 0;     // frames that the device found damaged
  uint64_t receive_no_buffer = 0;  // no packet buffer was free
  uint64_t transmit_errors = 0;    // taken by the device, and not sent
  uint64_t buffers = 0;
  uint64_t buffers_free = 0;
  std::string rss;  // "by source, ..." or "none: ..." and why
};

}  // namespace weft
