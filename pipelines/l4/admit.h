// Stage: refuses what the flow table shall not see.
//   no_listener           to a worker's address, but no listener: a reset or port unreachable
//   fragment              to a worker's address (whole datagrams only)
//   icmp_error_unmatched  to a worker's address
//   protocol_unsupported  to a worker's address, neither TCP, UDP nor ICMP
//   transit               to nobody of ours, and not TCP or UDP: nat replies are; twin if so set
//   blackholed            to a listener, from a prefix that an operator blackholed
//   prefix_denied         to a listener that denies its source, or does not allow it
// The last two end flows that are there as well as new ones, and are never answered.
#pragma once

#include "pipelines/l4/decision.h"

namespace weft {

void admit(Burst& burst, const Decisions& decisions, const Snapshot& snapshot);

}  // namespace weft
