#include "pipelines/l4/rehearsal.h"

namespace weft {

void Rehearsal::see(std::string_view stage, const Burst& burst, const Decision& decision,
                    const Snapshot& snapshot, const EndpointStates& states) {
  CHECK(burst.size == 1 && count_ < stages_max);
  StageSight& sight = sights_[count_++];
  sight.stage = stage;
  sight.outcome = (burst.live & 1) == 1 ? Outcome{} : burst.outcomes[0];
  sight.refused = (burst.refused & 1) == 1;
  sight.answered = (burst.answered & 1) == 1;
  if (sight.refused || sight.answered) sight.refusal = burst.refusals[0];
  sight.headers = burst.headers[0];
  sight.owner = decision.owner;
  sight.direction = decision.direction;
  sight.listener = decision.listener_slot;
  sight.to_listener = decision.listener != nullptr;
  if (sight.to_listener) sight.forward = decision.listener->forward;
  sight.endpoint = decision.endpoint;
  if (decision.endpoint == none<EndpointSlot> || !snapshot.endpoints->present(decision.endpoint)) {
    return;
  }
  const EndpointRecord& record = snapshot.endpoints->records[index(decision.endpoint)];
  sight.endpoint_address = record.address;
  sight.endpoint_port = record.port;
  sight.endpoint_state = states.get(decision.endpoint);
}

}  // namespace weft
