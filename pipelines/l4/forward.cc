#include "pipelines/l4/forward.h"

#include "pipelines/l4/forward_direct.h"
#include "pipelines/l4/forward_nat.h"
#include "pipelines/l4/forward_tunnel.h"
#include "pipelines/l4/next_hop.h"

namespace weft {

static void count(const Headers& headers, const Decision& decision, WorkerCounters& counters) {
  ListenerCounters& listener = counters.listeners[index(decision.listener_slot)];
  listener.packets.add(1);
  listener.bytes.add(headers.ip_bytes);
  EndpointCounters& endpoint = counters.endpoints[index(decision.endpoint)];
  endpoint.packets.add(1);
  endpoint.bytes.add(headers.ip_bytes);
}

// Where the packet goes next, and how much the way there takes.
static void find_way(const Headers& headers, Decision& decision, const RoutingPart& routing) {
  if (decision.direction == Direction::to_client) {
    const bool fullnat = decision.rewrites_both;
    const Way way = find_way(routing, fullnat ? decision.near_address : headers.destination);
    decision.next_hop = way.next_hop;
    decision.mtu_bytes = way.mtu_bytes;
  } else {
    decision.next_hop = decision.record->next_hop;
    decision.mtu_bytes = decision.record->path_mtu_bytes;
  }
  __builtin_prefetch(&routing.next_hops[decision.next_hop]);
}

void forward(Burst& burst, Decisions& decisions, const RoutingPart& routing,
             WorkerCounters& counters) {
  uint32_t tunnel = 0;
  uint32_t direct = 0;
  burst.for_each_live([&](uint32_t i) {
    const Headers& headers = burst.headers[i];
    Decision& decision = decisions[i];
    if (headers.ttl <= 1) [[unlikely]] {
      return burst.refuse(i, Drop::ttl_expired, Reply::ttl_exceeded);
    }
    count(headers, decision, counters);
    find_way(headers, decision, routing);
    if (decision.listener == nullptr) return;
    const Forward forward = decision.listener->forward;
    tunnel |= uint32_t{is_tunnel(forward)} << i;
    direct |= uint32_t{forward == Forward::direct} << i;
  });
  const uint32_t nat = burst.live & ~(tunnel | direct);
  forward_tunnel(burst, tunnel, decisions);
  forward_direct(burst, direct, decisions);
  forward_nat(burst, nat, decisions);
}

}  // namespace weft
