// Stage: a packet to a QUIC listener goes to the endpoint whose server id its connection id carries
// (wire/quic_lb), whatever its source address is and wherever its flow is. So a client that changes
// address or L4 port keeps its endpoint, and one that got the L4 port of another is not taken for
// it. Nothing but Decision::by_id is set here; pick_endpoint obeys it.
//
// Short headers only: in a long one the id may be the client's own choice, which names an endpoint
// by chance. Those, and ids that name no endpoint that is up, go by their flow or hash as all other
// packets do. No packet ends here.
#pragma once

#include "pipelines/endpoint_states.h"
#include "pipelines/l4/decision.h"
#include "pipelines/worker_counters.h"

namespace weft {

void route_quic(Burst& burst, Decisions& decisions, const Snapshot& snapshot,
                const EndpointStates& states, WorkerCounters& counters);

}  // namespace weft
