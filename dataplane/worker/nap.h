// Short sleeps of a worker's thread: the only call into the kernel that its loop makes itself.
#pragma once

#include "dataplane/base/clock.h"

namespace weft {

// Asks the kernel to wake this thread on time instead of up to 50 us late (PR_SET_TIMERSLACK).
void prepare_to_nap();

// Sleeps about that long; a signal may end it early.
void nap(Duration duration);

}  // namespace weft
