// Probes that take the way of a listener's packets. The kernel connects to the synthetic address of
// an endpoint (probe_addresses.h); the worker that gets the frame from the twin sends it to that
// endpoint as it sends the listener's packets, and the reply, which comes straight back, gets the
// synthetic addresses again before the kernel sees it:
//
//   twin   kernel's synthetic address : p  ->  endpoint's synthetic address : port
//   wire   this host's own address    : p  ->  listener's address           : port   (in a tunnel)
//   wire   listener's address      : port  ->  this host's own address      : p
//   twin   endpoint's synthetic    : port  ->  kernel's synthetic address   : p
//
// The host's own address is that of the interface towards the endpoint, in the listener's family;
// if it has none, the first of another one.
#pragma once

#include "pipelines/l4/decision.h"
#include "pipelines/probe_ports.h"
#include "pipelines/snapshot.h"

namespace weft {

// The live packets to synthetic addresses: frames that the kernel sent, not parsed yet.
uint32_t find_probes(const Burst& burst, const ProbeRanges& ranges);

// Every live packet: rewritten and encapsulated or redirected, ready for next_hop. Counts as no
// listener's packet. Drops:
//   probe_unknown      to no endpoint that is probed through a listener, or not TCP
//   no_source_address  the host has no address of the listener's family
//   ttl_expired        the kernel gave it no hops to go
//   as parse_headers, forward_tunnel and forward_direct
// Requires: find_probes found each of them; snapshot.policy->probes.
void send_probes(Burst& burst, Decisions& decisions, const Snapshot& snapshot, ProbePorts& ports);

// Gives the replies of endpoints among the packets of `to_twin` their synthetic addresses; what is
// none stays as it is. Requires: snapshot.policy->probes.
void return_probes(Burst& burst, uint32_t to_twin, Decisions& decisions, const Snapshot& snapshot,
                   const ProbePorts& ports);

}  // namespace weft
