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
static void find_way_to_client(const Headers& headers, Decision& decision,
                               const RoutingPart& routing) {
  const bool fullnat = decision.rewrites_both;
  const Way way = find_way(routing, fullnat ? decision.near_address : headers.destination);
  decision.next_hop = way.next_hop;
  decision.mtu_bytes = way.mtu_bytes;
}

static void find_way_to_endpoint(Decision& decision, const RoutingPart& routing) {
  decision.next_hop = decision.record->next_hop;
  decision.mtu_bytes = decision.record->path_mtu_bytes;
  __builtin_prefetch(&routing.next_hops[decision.next_hop]);
}

void forward(Burst& burst, Decisions& decisions, const RoutingPart& routing, Streams& streams,
             WorkerCounters& counters) {
  uint32_t to_client = 0;
  uint32_t tunnel = 0;
  uint32_t direct = 0;
  burst.for_each_live([&](uint32_t i) {
    const Headers& headers = burst.headers[i];
    Decision& decision = decisions[i];
    if (headers.ttl <= 1) [[unlikely]] {
      return burst.refuse(i, Drop::ttl_expired, Reply::ttl_exceeded);
    }
    count(headers, decision, counters);
    to_client |= uint32_t{decision.direction == Direction::to_client} << i;
  });
  Burst::for_each(to_client,
                  [&](uint32_t i) { find_way_to_client(burst.headers[i], decisions[i], routing); });
  Burst::for_each(burst.live & ~to_client, [&](uint32_t i) {
    find_way_to_endpoint(decisions[i], routing);
    const Forward forward = decisions[i].listener->forward;
    tunnel |= uint32_t{is_tunnel(forward)} << i;
    direct |= uint32_t{forward == Forward::direct} << i;
  });
  const uint32_t nat = burst.live & ~(tunnel | direct | to_client);
  forward_tunnel(burst, tunnel, decisions);
  forward_direct(burst, direct, decisions);
  forward_nat<Direction::to_endpoint>(burst, nat, decisions, &streams);
  forward_nat<Direction::to_client>(burst, to_client, decisions, &streams);
}

}  // namespace weft
