#include "pipelines/l4/forward.h"

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

void forward(Burst& burst, Decisions& decisions, const Snapshot& snapshot,
             WorkerCounters& counters) {
  const auto& records = snapshot.endpoints->records;
  burst.for_each_live([&](uint32_t i) {
    const Headers& headers = burst.headers[i];
    Decision& decision = decisions[i];
    if (headers.ttl <= 1) [[unlikely]] {
      return burst.refuse(i, Drop::ttl_expired, Reply::ttl_exceeded);
    }
    count(headers, decision, counters);
    if (decision.direction == Direction::to_client) {
      const Way way = find_way(*snapshot.routing, headers.destination);
      decision.next_hop = way.next_hop;
      return forward_nat(burst, i, decision, way.mtu_bytes);
    }
    const EndpointRecord& endpoint = records[index(decision.endpoint)];
    decision.next_hop = endpoint.next_hop;
    if (decision.listener->forward == Forward::ipip) return forward_tunnel(burst, i, endpoint);
    forward_nat(burst, i, decision, endpoint.path_mtu_bytes);
  });
}

}  // namespace weft
