// Stage: finds the flow of each packet and moves its state and age on. A packet to a listener
// whose flow is unknown, or begins anew, leaves without an endpoint for pick_endpoint. A packet
// that is nobody's flow and nobody's reply is transit.
#pragma once

#include "pipelines/l4/decision.h"
#include "pipelines/l4/flows.h"

namespace weft {

void track_flow(Burst& burst, Decisions& decisions, const Snapshot& snapshot, Flows& flows);

}  // namespace weft
