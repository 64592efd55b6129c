#include "mgmt/publish/worker_reports.h"

#include <algorithm>

namespace weft::mgmt {

uint64_t WorkerReports::adopted_generation() const {
  uint64_t oldest = UINT64_MAX;
  for (const WorkerCounters* worker : workers_) {
    oldest = std::min(oldest, worker->turn.snapshot_generation.read());
  }
  return oldest;
}

uint64_t WorkerReports::swept_generation() const {
  uint64_t oldest = UINT64_MAX;
  for (const WorkerCounters* worker : workers_) {
    oldest = std::min(oldest, worker->turn.swept_generation.read());
  }
  return oldest;
}

uint64_t WorkerReports::flows_active(EndpointSlot slot) const {
  uint64_t flows = 0;
  for (const WorkerCounters* worker : workers_) {
    flows += worker->endpoints[index(slot)].flows_active.read();
  }
  return flows;
}

}  // namespace weft::mgmt
