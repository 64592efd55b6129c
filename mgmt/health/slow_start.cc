#include "mgmt/health/slow_start.h"

namespace weft::mgmt {

// When the share has grown to so many.
static Instant step_at(Instant began, Duration duration, uint32_t share) {
  return began + duration * (share - 1) / (flow_shares - 1);
}

void SlowStarts::begin(EndpointSlot slot, Duration duration, Instant now) {
  starts_[slot] = {now, duration};
  steps_.set(index(slot), step_at(now, duration, 2));
}

void SlowStarts::end(EndpointSlot slot) {
  if (starts_.erase(slot) != 0) steps_.erase(index(slot));
}

uint32_t SlowStarts::grown(EndpointSlot slot, Instant now) {
  const Start& start = starts_.at(slot);
  uint32_t share = 1;
  while (share < flow_shares && step_at(start.began, start.duration, share + 1) <= now) ++share;
  if (share == flow_shares) {
    starts_.erase(slot);
  } else {
    steps_.set(index(slot), step_at(start.began, start.duration, share + 1));
  }
  return share;
}

}  // namespace weft::mgmt
