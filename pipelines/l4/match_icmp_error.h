// Stage: finds the flow that an ICMP error is about, by the packet it quotes, and sets the error
// aside for forward_icmp_error: no other stage knows what to do with it. Errors neither make flows
// nor keep them alive.
//
//   error to                      quotes what                         goes to
//   a listener's address          an endpoint sent to a client        the flow's endpoint
//   a source address (fullnat)    a client sent through here          the client
//   anybody (nat)                 a client sent through here          the client
//
// One to a listener that tunnels or redirects and has no entry goes by the hash, as the flow itself
// did or would: path MTU errors are sent to whichever gateway routers choose (RFC 7690).
//   icmp_error_unmatched  quotes no flow of ours, or a packet that its receiver did not send
// What is to nobody and quotes no flow is transit, as other packets (admit).
#pragma once

#include "pipelines/endpoint_states.h"
#include "pipelines/l4/decision.h"
#include "pipelines/l4/flows.h"

namespace weft {

void match_errors(Burst& burst, Decisions& decisions, const Snapshot& snapshot,
                  const EndpointStates& states, Flows& flows);

// Requires: steer ran. Costs one test a burst without ICMP.
inline void match_icmp_error(Burst& burst, Decisions& decisions, const Snapshot& snapshot,
                             const EndpointStates& states, Flows& flows) {
  if (burst.icmp != 0) [[unlikely]] {
    match_errors(burst, decisions, snapshot, states, flows);
  }
}

}  // namespace weft
