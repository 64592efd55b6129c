#include "dataplane/worker/placement.h"

#include "dataplane/base/check.h"

namespace weft {

QueueShare queue_share(uint32_t worker, uint32_t workers, uint32_t queues) {
  CHECK(worker < workers && queues > 0);
  QueueShare share;
  for (uint32_t queue = worker; queue < queues; queue += workers) {
    share.receives.push_back(static_cast<uint16_t>(queue));
  }
  share.transmitter = static_cast<uint16_t>(share.receives.empty() ? worker % queues : worker);
  share.transmit_queue = share.transmitter;
  return share;
}

}  // namespace weft
