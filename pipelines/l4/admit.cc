#include "pipelines/l4/admit.h"

#include <bit>

#include "pipelines/l4/answer.h"

namespace weft {

namespace {

void refuse_to_worker_address(Burst& burst, uint32_t i) {
  const Headers& headers = burst.headers[i];
  if (has_ports(headers)) return burst.refuse(i, Drop::no_listener, refusal_reply(headers));
  const bool error = headers.payload == Payload::icmp_error;
  burst.drop(i, error ? Drop::icmp_error_unmatched : Drop::protocol_unsupported);
}

using Sources = std::array<IpAddress, PrefixSet::together_max>;
static_assert(Burst::packets_max <= PrefixSet::together_max);

// What of `which` comes from an address that is in one of the sets.
uint32_t in_any(const std::vector<std::shared_ptr<const PrefixSet>>& sets, uint32_t which,
                const Sources& sources) {
  uint32_t found = 0;
  for (const auto& set : sets) found |= set->members(which & ~found, sources);
  return found;
}

uint32_t denied_by(const Admission& admission, uint32_t which, const Sources& sources) {
  const uint32_t denied = in_any(admission.deny, which, sources);
  if (admission.allow.empty()) return denied;
  return denied | (which & ~in_any(admission.allow, which, sources));
}

void drop_all(Burst& burst, uint32_t which, Drop why) {
  Burst::for_each(which, [&](uint32_t i) { burst.drop(i, why); });
}

// Of the packets of `listed`, whose listeners have an admission; those of one at a time.
void check_admissions(Burst& burst, const Decisions& decisions, uint32_t listed,
                      const Sources& sources) {
  while (listed != 0) {
    const Admission* admission = decisions[std::countr_zero(listed)].listener->admission.get();
    uint32_t same = 0;
    Burst::for_each(listed, [&](uint32_t i) {
      same |= uint32_t{decisions[i].listener->admission.get() == admission} << i;
    });
    drop_all(burst, denied_by(*admission, same, sources), Drop::prefix_denied);
    listed &= ~same;
  }
}

// `to_listeners` but ICMP errors, which routers send for clients that may come.
void check_sources(Burst& burst, const Decisions& decisions, uint32_t to_listeners,
                   const PrefixSet* blackholes) {
  uint32_t asked = 0;
  uint32_t listed = 0;
  Sources sources;
  Burst::for_each(to_listeners, [&](uint32_t i) {
    if (burst.headers[i].payload == Payload::icmp_error) return;
    asked |= 1u << i;
    listed |= uint32_t{decisions[i].listener->admission != nullptr} << i;
  });
  if (blackholes == nullptr) asked = listed;
  if (asked == 0) return;
  Burst::for_each(asked, [&](uint32_t i) { sources[i] = burst.headers[i].source; });
  if (blackholes != nullptr) {
    const uint32_t blackholed = blackholes->members(asked, sources);
    drop_all(burst, blackholed, Drop::blackholed);
    listed &= ~blackholed;
  }
  check_admissions(burst, decisions, listed, sources);
}

}  // namespace

void admit(Burst& burst, const Decisions& decisions, const Snapshot& snapshot) {
  uint32_t to_listeners = 0;
  burst.for_each_live(
      [&](uint32_t i) { to_listeners |= uint32_t{decisions[i].listener != nullptr} << i; });
  Burst::for_each(burst.live & ~to_listeners, [&](uint32_t i) {
    const Decision& decision = decisions[i];
    if (decision.direction == Direction::to_endpoint) return refuse_to_worker_address(burst, i);
    if (has_ports(burst.headers[i])) return;
    if (snapshot.policy->transit == Transit::twin) return burst.to_twin(i);
    burst.drop(i, Drop::transit);
  });
  if (snapshot.blackholes != nullptr || snapshot.policy->asks_sources) {
    check_sources(burst, decisions, to_listeners, snapshot.blackholes.get());
  }
}

}  // namespace weft
