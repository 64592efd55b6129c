#include "dataplane/worker/nap.h"

#include <sys/prctl.h>
#include <time.h>

namespace weft {

void prepare_to_nap() {
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
}

void nap(Duration duration) {
  const timespec time{.tv_sec = duration / seconds(1), .tv_nsec = (duration % seconds(1)).count()};
  nanosleep(&time, nullptr);
}

}  // namespace weft
