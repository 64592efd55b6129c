// How long a flow may stay silent, by its state.
#pragma once

#include "dataplane/base/clock.h"

namespace weft {

struct FlowTimeouts {
  Duration half_open = seconds(10);     // TCP, until the client's first packet after its SYN
  Duration established = seconds(300);  // TCP
  Duration closing = seconds(10);       // TCP, after a FIN or RST
  Duration udp = seconds(30);
  bool operator==(const FlowTimeouts&) const = default;
};

inline constexpr Duration flow_timeout_min = seconds(1);

}  // namespace weft
