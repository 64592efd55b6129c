#include "mgmt/model/status.h"

#include <algorithm>

#include "dataplane/base/check.h"

namespace weft::mgmt {

bool GatewayStatus::ready() const {
  return phase == Phase::serving && std::ranges::all_of(listeners, &ListenerStatus::ready);
}

std::string_view phase_name(Phase phase) {
  switch (phase) {
    case Phase::starting:
      return "starting";
    case Phase::serving:
      return "serving";
    case Phase::withdrawing:
      return "withdrawing";
    case Phase::draining:
      return "draining";
    case Phase::stopped:
      return "stopped";
  }
  CHECK(false);
}

}  // namespace weft::mgmt
