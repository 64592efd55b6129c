// For tests: runs a loop until a condition holds, with a deadline.
#pragma once

#include <functional>

#include "mgmt/io/event_loop.h"

namespace weft::mgmt {

// False when `condition` did not hold within ten seconds.
inline bool run_until(EventLoop& loop, const std::function<bool()>& condition) {
  const Instant deadline = loop.now() + std::chrono::seconds(10);
  bool holds = false;
  Timer timer(loop, [&] {
    holds = condition();
    if (holds || loop.now() > deadline) return loop.stop();
    timer.expire_after(milliseconds(1));
  });
  timer.expire_after(milliseconds(0));
  loop.run();
  return holds;
}

}  // namespace weft::mgmt
