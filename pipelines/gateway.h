// The pipeline of one worker (dataplane/worker/pipeline.h): what happens to every frame.
//
//     wire -> l4 -> wire             listeners' packets
//                -> twin             what the kernel wants: ARP, ND, groups, the host's addresses
//                -> another worker   flows that it owns
//     twin -> wire                   what the kernel sends; its probes of endpoints through
//                                    listeners the way of those (tunnel_probes.h)
#pragma once

#include <atomic>

#include "dataplane/base/clock.h"
#include "dataplane/wire/burst.h"
#include "dataplane/worker/tap.h"
#include "pipelines/l4/l4.h"
#include "pipelines/rehearsal_request.h"
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
  const LinkFilter& link(uint16_t interface) const { return settings_.links[interface]; }

  // ---- mgmt's side of a rehearsal
  // Takes the packet, which comes in on `interface`.
  std::unique_ptr<RehearsalRequest> make_rehearsal(Packet packet, uint16_t interface,
                                                   Instant now) const;
  // The worker runs it in its next turn, and sets `done`; until then it must live. Requires: none
  // is asked for.
  void ask(RehearsalRequest* request) { asked_.store(request, std::memory_order_release); }
  // True: the worker has not begun with it, and does not.
  bool withdraw() { return asked_.exchange(nullptr) != nullptr; }

 private:
  using Listeners = std::array<ListenerSlot, Burst::packets_max>;

  void look(const Burst& burst, Instant now);
  void rehearse(const Snapshot& snapshot, Instant now);
  Listeners listeners();
  TapPlace place_of(const Burst& burst, uint32_t i, const RoutingPart& routing);

  const L4Settings settings_;
  const EndpointStates& states_;
  const std::atomic<bool>& refuse_new_flows_;
  L4 l4_;
  Tap tap_;
  std::atomic<RehearsalRequest*> asked_{nullptr};  // mgmt writes, the worker takes
};

}  // namespace weft
