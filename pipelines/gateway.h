// The pipeline of one worker (dataplane/worker/pipeline.h): what happens to every frame.
//
//     wire -> l4 -> wire             listeners' packets
//                -> twin             what the kernel wants: ARP, ND, groups, the host's addresses
//                -> another worker   flows that it owns
//     twin -> wire                   what the kernel sends
#pragma once

#include <atomic>

#include "dataplane/base/clock.h"
#include "dataplane/wire/burst.h"
#include "dataplane/worker/tap.h"
#include "pipelines/l4/l4.h"
#include "pipelines/snapshot.h"

namespace weft {

// Thread safety: one worker.
class Gateway {
 public:
  // As L4. `settings.links` has every interface.
  Gateway(const L4Settings& settings, const EndpointStates& states,
          const std::atomic<bool>& refuse_new_flows, WorkerCounters& counters,
          const FlowTimeouts& timeouts, Instant now);

  void process(Burst& burst, const Snapshot& snapshot, Instant now);
  void process_from_twin(Burst& burst, const Snapshot& snapshot, Instant now);
  void idle(const Snapshot& snapshot, Instant now);
  uint32_t release(Burst& burst, const Snapshot& snapshot, Instant now);

  L4& l4() { return l4_; }
  Tap& tap() { return tap_; }  // for mgmt, and for the worker's loop
  uint32_t packets_held() const { return l4_.packets_held(); }

 private:
  using Listeners = std::array<ListenerSlot, Burst::packets_max>;

  void look(const Burst& burst, Instant now);
  Listeners listeners();

  const std::vector<LinkFilter> links_;
  L4 l4_;
  Tap tap_;
};

}  // namespace weft
