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

// Where the packet goes next, and how much the way there takes.
static Way way_of(const Headers& headers, const Decision& decision, const Snapshot& snapshot) {
  if (decision.direction == Direction::to_client) {
    return find_way(*snapshot.routing, headers.destination);
  }
  const EndpointRecord& endpoint = snapshot.endpoints->records[index(decision.endpoint)];
  return {endpoint.next_hop, endpoint.path_mtu_bytes, {}};
}

void forward(Burst& burst, Decisions& decisions, const Snapshot& snapshot,
             WorkerCounters& counters) {
  std::array<uint16_t, Burst::packets_max> mtu_bytes;
  burst.for_each_live([&](uint32_t i) {
    const Way way = way_of(burst.headers[i], decisions[i], snapshot);
    __builtin_prefetch(&snapshot.routing->next_hops[way.next_hop]);
    decisions[i].next_hop = way.next_hop;
    mtu_bytes[i] = way.mtu_bytes;
  });
  burst.for_each_live([&](uint32_t i) {
    const Headers& headers = burst.headers[i];
    const Decision& decision = decisions[i];
    if (headers.ttl <= 1) [[unlikely]] {
      return burst.refuse(i, Drop::ttl_expired, Reply::ttl_exceeded);
    }
    count(headers, decision, counters);
    if (decision.listener != nullptr && decision.listener->forward == Forward::ipip) {
      forward_tunnel(burst, i, snapshot.endpoints->records[index(decision.endpoint)]);
    } else {
      forward_nat(burst, i, decision, mtu_bytes[i]);
    }
  });
}

}  // namespace weft
