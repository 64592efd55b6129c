#include "pipelines/l4/flow_limits.h"

#include <algorithm>

#include "dataplane/table/token_bucket.h"

namespace weft {

// A second's worth may begin at once. `of_all`: the interval of all workers together.
static bool take_one(Instant& next, Duration of_all, const WorkerShare& mine, Instant now) {
  const Duration interval = mine.interval(of_all);
  return take_token(next, interval, std::max(Duration::zero(), seconds(1) - interval), now);
}

static __m128i client_block(const IpAddress& client) {
  const __m128i whole = load<__m128i>(client.bytes().data());
  return client.is_v4() ? whole : _mm_move_epi64(whole);
}

// What a key is of stands in its last block, beside the L4 port.
static __m128i last_block(be16 port, bool udp, uint32_t what) {
  return _mm_set_epi32(static_cast<int>(what), 0, udp, port.raw);
}

Hash128 FlowLimits::key_of_client(const FlowSides& sides, ListenerSlot begins_at) const {
  const __m128i client = client_block(sides.client);
  if (begins_at != none<ListenerSlot>) {
    return hash_(client, _mm_setzero_si128(), last_block({}, false, index(begins_at)));
  }
  return hash_(client, load<__m128i>(sides.listener.bytes().data()),
               last_block(sides.listener_port, sides.udp, UINT32_MAX));
}

Hash128 FlowLimits::key_of_listener(const FlowSides& sides) const {
  return hash_(_mm_setzero_si128(), load<__m128i>(sides.listener.bytes().data()),
               last_block(sides.listener_port, sides.udp, UINT32_MAX - 1));
}

uint32_t FlowLimits::held(const Hash128& key) {
  const Usage* usage = usage_.find(key);
  return usage == nullptr ? 0 : usage->held;
}

Drop FlowLimits::take_of(const FlowSides& sides, const ListenerPolicy& listener,
                         const WorkerShare& mine, Instant now) {
  const ListenerLimits& limits = listener.admission->flows;
  const auto reached = [&](uint32_t flows_max, const Hash128& key) {
    return held(key) >= mine.rounded_up(flows_max);
  };
  if (limits.flows_max != 0 && reached(limits.flows_max, key_of_listener(sides))) {
    return Drop::listener_flows_full;
  }
  if (limits.source_flows_max != 0 && reached(limits.source_flows_max, key_of_client(sides))) {
    return Drop::source_flows_full;
  }
  if (limits.source_new_flow_interval != Duration::zero()) {
    Usage* client = usage_.find_or_make(key_of_client(sides, listener.id.slot), now);
    if (client != nullptr && !take_one(client->next, limits.source_new_flow_interval, mine, now)) {
      return Drop::source_new_flow_rate;
    }
  }
  if (limits.new_flow_interval != Duration::zero() &&
      !take_one(next_of_listener_[index(listener.id.slot)], limits.new_flow_interval, mine, now)) {
    return Drop::new_flow_rate;
  }
  return Drop::none;
}

void FlowLimits::count_one(const Hash128& key, Instant now) {
  Usage* usage = usage_.find_or_make(key, now);
  if (usage == nullptr) return;
  ++usage->held;
  ++counted_;
}

void FlowLimits::count_of(const FlowSides& sides, const ListenerLimits& limits, Instant now) {
  if (limits.flows_max != 0) count_one(key_of_listener(sides), now);
  if (limits.source_flows_max != 0) count_one(key_of_client(sides), now);
}

void FlowLimits::uncount_of(const FlowSides& sides) {
  for (const Hash128& key : {key_of_listener(sides), key_of_client(sides)}) {
    Usage* usage = usage_.find(key);
    if (usage == nullptr || usage->held == 0) continue;
    --usage->held;
    --counted_;
  }
}

}  // namespace weft
