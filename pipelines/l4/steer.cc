#include "pipelines/l4/steer.h"

#include "dataplane/base/planted_bug.h"
#include "dataplane/interface/steering.h"
#include "pipelines/l4/match_listener.h"
#include "pipelines/l4/parse_quoted.h"

namespace weft {

using steering::Way;

static Way way_of(AddressOwner owner, const ListenerPolicy* listener) {
  if (planted(PlantedBug::wrong_owner)) return Way::to_nat_listener;
  if (owner != AddressOwner::listener) {
    return owner == AddressOwner::source_addresses ? Way::as_it_came : Way::to_client;
  }
  const bool nat = listener != nullptr && listener->forward == Forward::nat;
  return nat ? Way::to_nat_listener : Way::as_it_came;
}

// Of an error: where the packet went that it quotes.
static uint32_t bucket_of_quoted(const Headers& as_if, AddressOwner owner,
                                 const ListenerTable& listeners, const SteeringHash& hash) {
  const ListenerSlot* slot =
      owner == AddressOwner::listener ? find_listener(listeners, as_if) : nullptr;
  const ListenerPolicy* listener = slot == nullptr ? nullptr : &listeners.policies[index(*slot)];
  return steering::owner(as_if, way_of(owner, listener), hash);
}

static uint32_t bucket_of(const Burst& burst, uint32_t i, const Decision& decision,
                          const ListenerTable& listeners, const SteeringHash& hash) {
  const Headers& headers = burst.headers[i];
  if (headers.payload == Payload::icmp_error) {
    const auto as_if = parse_quoted_reversed(burst.packets[i], headers);
    if (as_if) return bucket_of_quoted(*as_if, decision.owner, listeners, hash);
  }
  return steering::owner(headers, way_of(decision.owner, decision.listener), hash);
}

void steer(Burst& burst, const Decisions& decisions, const PolicyPart& policy,
           const SteeringHash& hash, uint16_t self) {
  if (policy.workers == 1) return;
  burst.for_each_live([&](uint32_t i) {
    const uint32_t bucket = bucket_of(burst, i, decisions[i], policy.listeners, hash);
    const uint16_t owner = policy.steering[bucket];
    if (owner != self) burst.hand_off(i, owner);
  });
}

}  // namespace weft
