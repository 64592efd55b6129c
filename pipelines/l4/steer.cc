#include "pipelines/l4/steer.h"

#include "dataplane/base/planted_bug.h"
#include "dataplane/interface/steering.h"
#include "pipelines/l4/parse_quoted.h"

namespace weft {

static uint32_t bucket_of(const Burst& burst, uint32_t i, const Decision& decision,
                          const KeyedHash& hash) {
  const Headers& headers = burst.headers[i];
  const bool to_listener =
      decision.owner == AddressOwner::listener || planted(PlantedBug::wrong_owner);
  if (headers.payload == Payload::icmp_error) {
    const auto as_if = parse_quoted_reversed(burst.packets[i], headers);
    if (as_if) return steering::owner(*as_if, to_listener, hash);
  }
  return steering::owner(headers, to_listener, hash);
}

void steer(Burst& burst, const Decisions& decisions, const PolicyPart& policy,
           const KeyedHash& hash, uint16_t self) {
  if (policy.workers == 1) return;
  burst.for_each_live([&](uint32_t i) {
    const uint16_t owner = policy.steering[bucket_of(burst, i, decisions[i], hash)];
    if (owner != self) burst.hand_off(i, owner);
  });
}

}  // namespace weft
