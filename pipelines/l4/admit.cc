#include "pipelines/l4/admit.h"

#include "pipelines/l4/answer.h"

namespace weft {

static void refuse_to_worker_address(Burst& burst, uint32_t i) {
  const Headers& headers = burst.headers[i];
  switch (headers.payload) {
    case Payload::transport:
      return burst.refuse(i, Drop::no_listener, refusal_reply(headers));
    case Payload::first_fragment:
    case Payload::later_fragment:
      return burst.drop(i, Drop::fragment);
    case Payload::icmp_error:
      return burst.drop(i, Drop::icmp_error_unmatched);
    default:
      return burst.drop(i, Drop::protocol_unsupported);
  }
}

void admit(Burst& burst, const Decisions& decisions, Transit transit) {
  burst.for_each_live([&](uint32_t i) {
    const Decision& decision = decisions[i];
    if (decision.listener != nullptr) [[likely]]
      return;
    if (decision.owner != AddressOwner::nobody) return refuse_to_worker_address(burst, i);
    if (burst.headers[i].payload == Payload::transport) return;
    if (transit == Transit::twin) return burst.to_twin(i);
    burst.drop(i, Drop::transit);
  });
}

}  // namespace weft
