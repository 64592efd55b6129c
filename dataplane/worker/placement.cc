#include "dataplane/worker/placement.h"

#include <cmath>

#include "dataplane/base/check.h"
#include "dataplane/base/ids.h"

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

// The part of all packets that a worker receives, if its gateway's interfaces get as many each, and
// their queues too.
static double received(uint32_t worker, uint32_t workers, std::span<const uint32_t> queues) {
  double part = 0;
  for (const uint32_t of_interface : queues) {
    const auto own = queue_share(worker, workers, of_interface).receives.size();
    part += static_cast<double>(own) / of_interface;
  }
  return part / static_cast<double>(queues.size());
}

std::vector<uint16_t> worker_weights(uint32_t workers, std::span<const uint32_t> queues) {
  CHECK(workers > 0 && workers <= workers_max && !queues.empty());
  // What it costs to receive a packet and find its owner, by what the rest costs its owner
  // (perf/two_workers, one queue).
  constexpr double receiving = 0.5;
  constexpr double of_equal_share = 1024;
  constexpr double least = 0.5;  // of an equal share: less is not at every port's reach
                                 // (steering_hash.h, the chosen bits)
  std::vector<uint16_t> weights(workers);
  for (uint32_t worker = 0; worker < workers; ++worker) {
    const double share = 1 + receiving - receiving * workers * received(worker, workers, queues);
    weights[worker] =
        share < least ? 0 : static_cast<uint16_t>(std::lround(of_equal_share * share));
  }
  return weights;
}

}  // namespace weft
