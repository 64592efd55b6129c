#include "pipelines/gateway.h"

#include "dataplane/base/check.h"
#include "pipelines/twin.h"

namespace weft {

Gateway::Gateway(const L4Settings& settings, const EndpointStates& states,
                 const std::atomic<bool>& refuse_new_flows, WorkerCounters& counters,
                 const FlowTimeouts& timeouts, Instant now)
    : links_(settings.links), l4_(settings, states, refuse_new_flows, counters, timeouts, now) {}

void Gateway::process(Burst& burst, const Snapshot& snapshot, Instant now) {
  l4_.process(burst, snapshot, now);
  untag_for_twin(burst);
}

void Gateway::process_from_twin(Burst& burst, const Snapshot&, Instant) {
  CHECK(burst.interface < links_.size());
  send_from_twin(burst, links_[burst.interface].vlan_id);
}

void Gateway::idle(const Snapshot& snapshot, Instant now) {
  l4_.idle(snapshot, now);
}

}  // namespace weft
