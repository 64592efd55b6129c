// Stage: refuses what the flow table shall not see.
//   no_listener           to a worker's address, but no listener: a reset or port unreachable
//   fragment              to a worker's address (whole datagrams only)
//   icmp_error_unmatched  to a worker's address
//   protocol_unsupported  to a worker's address, neither TCP, UDP nor ICMP
//   transit               to nobody of ours, and not TCP or UDP: nat replies are; twin if so set
#pragma once

#include "pipelines/l4/decision.h"

namespace weft {

void admit(Burst& burst, const Decisions& decisions, Transit transit);

}  // namespace weft
