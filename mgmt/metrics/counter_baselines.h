// Workers count by slot and never reset; a slot is used again by a later generation (another
// listener, another endpoint). This remembers what a slot had counted when its present generation
// appeared, so that every listener and endpoint starts at zero and never shows another's counts.
// One thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/base/ids.h"
#include "mgmt/model/status.h"
#include "pipelines/worker_counters.h"

namespace weft::mgmt {

struct ListenerCounts {  // sums over workers
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint64_t flows = 0;
  uint64_t drops = 0;
  uint64_t quic_routed = 0;
  uint64_t quic_unknown = 0;
  bool operator==(const ListenerCounts&) const = default;
};

struct EndpointCounts {  // sums over workers
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint64_t flows = 0;
  uint64_t flows_active = 0;  // a gauge
  bool operator==(const EndpointCounts&) const = default;
};

using WorkerCountersSpan = std::span<const WorkerCounters* const>;

class CounterBaselines {
 public:
  // Remembers what every id of `status` that is new here has counted until now. The first
  // generation seen in a slot starts at zero. Requires: called before a snapshot with new ids is
  // published; called later, what a reused slot's new generation counted until then is not shown.
  void note(const GatewayStatus& status, WorkerCountersSpan workers);

  // Since the generation appeared. Requires: the id was noted.
  ListenerCounts listener(ListenerId id, WorkerCountersSpan workers) const;
  EndpointCounts endpoint(EndpointId id, WorkerCountersSpan workers) const;

 private:
  template <class Counts>
  struct Baseline {
    bool seen = false;
    uint32_t generation = 0;
    Counts counts;
  };

  std::vector<Baseline<ListenerCounts>> listeners_;  // by slot
  std::vector<Baseline<EndpointCounts>> endpoints_;  // by slot
};

}  // namespace weft::mgmt
