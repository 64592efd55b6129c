// Stage: finds the flow of each packet and moves its state and age on. A packet to a listener
// whose flow is unknown, or begins anew, leaves without an endpoint for pick_endpoint.
//   transit      to nobody of ours, and nobody's flow and nobody's reply
//   no_listener  to a source address of ours, and nobody's flow: a reset or port unreachable
#pragma once

#include "pipelines/l4/decision.h"
#include "pipelines/l4/flows.h"

namespace weft {

void track_flow(Burst& burst, Decisions& decisions, const Snapshot& snapshot, Flows& flows);

}  // namespace weft
