#include "pipelines/l4/steer.h"

#include <immintrin.h>

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

// Of an ICMP error, or one of no packet that can be told.
[[gnu::noinline]] static uint32_t bucket_of_error(Packet packet, const Headers& headers,
                                                  const Decision& decision,
                                                  const ListenerTable& listeners,
                                                  const SteeringHash& hash) {
  const auto as_if = parse_quoted_reversed(packet, headers);
  if (as_if) return bucket_of_quoted(*as_if, decision.owner, listeners, hash);
  return steering::owner(headers, way_of(decision.owner, decision.listener), hash);
}

// A loop and no lambda, which would not have the instructions of `hash`.
[[gnu::target("pclmul")]] void steer(Burst& burst, const Decisions& decisions,
                                     const PolicyPart& policy, const SteeringHash& hash,
                                     uint16_t self) {
  if (policy.workers == 1) return;
  for (uint32_t left = burst.live; left != 0; left &= left - 1) {
    const uint32_t i = _tzcnt_u32(left);
    const Headers& headers = burst.headers[i];
    const Decision& decision = decisions[i];
    const uint32_t bucket =
        headers.payload == Payload::icmp_error
            ? bucket_of_error(burst.packets[i], headers, decision, policy.listeners, hash)
            : steering::owner(headers, way_of(decision.owner, decision.listener), hash);
    const uint16_t owner = policy.steering[bucket];
    if (owner != self) burst.hand_off(i, owner);
  }
}

}  // namespace weft
