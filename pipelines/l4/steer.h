// Stage: hands a packet to the worker that owns its flow (ARCHITECTURE.md, decision 6).
#pragma once

#include "dataplane/interface/steering_hash.h"
#include "pipelines/l4/decision.h"

namespace weft {

// Requires: match_listener ran. `hash` is the same in all workers of a gateway.
void steer(Burst& burst, const Decisions& decisions, const PolicyPart& policy,
           const SteeringHash& hash, uint16_t self);

}  // namespace weft
