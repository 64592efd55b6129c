// THE PACKET PATH of one worker: what happens to a burst between receive and transmit. Afterwards
// every packet has a verdict. Nothing here allocates, locks, logs, reads a clock or calls the
// kernel. Thread safety: one worker.
#pragma once

#include <atomic>
#include <vector>

#include "pipelines/endpoint_states.h"
#include "pipelines/l4/answer.h"
#include "pipelines/l4/decision.h"
#include "pipelines/l4/flows.h"
#include "pipelines/l4/flows_at_risk.h"
#include "pipelines/l4/fragments.h"
#include "pipelines/l4/held_segments.h"
#include "pipelines/l4/neighbour_wishes.h"
#include "pipelines/l4/parse_headers.h"
#include "pipelines/l4/rehearsal.h"
#include "pipelines/l4/waiting_packets.h"
#include "pipelines/probe_ports.h"

namespace weft {

struct L4Settings {
  uint16_t worker = 0;
  FlowsMax flows_max;
  KeyedHash::Key flow_key{};      // of this worker's tables: secret, at random
  KeyedHash::Key steering_key{};  // the same in all workers of a gateway, as the shape
  SteeringShape steering_shape{};
  std::vector<LinkFilter> links;      // by interface
  ProbePorts* probe_ports = nullptr;  // of all workers; null: no snapshot has `probes`
  // Outlives the worker; null: this gateway has no peers.
  const PeerFlows* peer_flows = nullptr;
};

class L4 {
 public:
  // `states`, `refuse_new_flows` (mgmt writes) and `counters` outlive this. Throws std::bad_alloc.
  L4(const L4Settings& settings, const EndpointStates& states,
     const std::atomic<bool>& refuse_new_flows, WorkerCounters& counters,
     const FlowTimeouts& timeouts, Instant now);

  void process(Burst& burst, const Snapshot& snapshot, Instant now);
  // What process() would do with the one packet of the burst if this were `real`, stage by stage.
  // It is done here: nothing of `real` changes, the packet does. Requires: this is of the same keys
  // as `real`, its tables are no larger, and nothing has gone through it.
  void rehearse(const L4& real, Burst& burst, const Snapshot& snapshot, Instant now,
                Rehearsal& rehearsal);
  // Sends the live packets of `which`, frames of the kernel, the way that endpoints are probed
  // (tunnel_probes.h); the others stay live. Requires: as weft::send_probes.
  void send_probes(Burst& burst, uint32_t which, const Snapshot& snapshot, Instant now);
  // For turns without packets: lets flows expire.
  void idle(const Snapshot& snapshot, Instant now);
  // Packets that waited for their next hop's address, their datagram's first piece or their
  // endpoint's answer and may go now, or waited too long, each with a verdict; gives their number.
  // Once a turn.
  uint32_t release(Burst& burst, const Snapshot& snapshot, Instant now);

  // Of the last burst; a packet that ended before match_listener has those of an earlier one.
  Decisions& decisions() { return decisions_; }
  const Flows& flows() const { return flows_; }
  uint32_t packets_held() const { return waiting_.size() + fragments_.held() + held_.size(); }
  NeighbourWishes& neighbour_wishes() { return wishes_; }  // for mgmt
  FlowsAtRisk& flows_at_risk() { return flows_at_risk_; }  // likewise

 private:
  uint32_t release_waiting(Burst& burst, const Snapshot& snapshot, Instant now);
  void stand_in_for(const L4& real, const Burst& burst);
  template <class Watch>
  void run_stages(Burst& burst, const Snapshot& snapshot, Instant now, Watch watch);

  const EndpointStates& states_;
  const std::atomic<bool>& refuse_new_flows_;
  WorkerCounters& counters_;
  const uint16_t worker_;
  const std::vector<LinkFilter> links_;
  ProbePorts* const probe_ports_;
  const SteeringHash steering_hash_;
  const KeyedHash datagram_hash_;
  Fragments fragments_;
  Flows flows_;
  FlowsAtRisk flows_at_risk_;
  ReplyLimits reply_limits_;
  NeighbourWishes wishes_;
  WaitingPackets waiting_;
  HeldSegments held_;
  Decisions decisions_;
};

}  // namespace weft
