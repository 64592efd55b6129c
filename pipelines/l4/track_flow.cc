#include "pipelines/l4/track_flow.h"

namespace weft {

namespace {

// A SYN begins a new flow where the old one is over.
bool begins_anew(const Headers& headers, FlowMeta meta, const FlowClock& clock) {
  const bool syn = (headers.tcp_flags & (tcp_flag::syn | tcp_flag::ack)) == tcp_flag::syn &&
                   headers.protocol == Protocol::tcp;
  return syn && (meta.state() == FlowState::closing || meta.expired(clock));
}

// Stores only what differs: an untouched line is not written back.
template <class Flow>
void move_on(Flow flow, FlowMeta meta, FlowState state, const FlowClock& clock) {
  const FlowMeta now(meta.endpoint(), state, clock.tick(state));
  if (now != meta) flow.set_meta(now);
}

void track_tunnel(const Headers& headers, Decision& decision, FlowPlace place, Flows& flows,
                  const Flows::Owner& owner) {
  const auto flow = flows.tunnel.find(place, TunnelKey4::of(headers));
  if (!flow) return;
  const FlowMeta meta = flow.meta();
  if (begins_anew(headers, meta, flows.clock)) return flows.tunnel.remove(flow, owner);
  const bool closed = (headers.tcp_flags & tcp_flag::fin) != 0;
  move_on(flow, meta, next_state(meta.state(), headers.tcp_flags, closed), flows.clock);
  decision.endpoint = meta.endpoint();
}

void track_nat(const Headers& headers, Decision& decision, FlowPlace place, Flows& flows,
               const Flows::Owner& owner) {
  const bool reply = decision.direction == Direction::to_client;
  const auto found = flows.nat.find(place, NatKey4::of(headers, reply));
  if (!found) return;
  const FlowMeta meta = found.meta();
  if (!reply && begins_anew(headers, meta, flows.clock)) {
    return flows.nat.remove(found, owner);
  }
  NatFlow4& flow = found.bucket->flow(found.at);
  const bool fin = (headers.tcp_flags & tcp_flag::fin) != 0;
  if (fin) (reply ? flow.endpoint_closed : flow.client_closed) = true;
  const bool closed = flow.endpoint_closed && flow.client_closed;
  // Only the client's packets show that it has the endpoint's SYN.
  const FlowState state = reply && meta.state() == FlowState::half_open
                              ? next_state(meta.state(), headers.tcp_flags | tcp_flag::syn, closed)
                              : next_state(meta.state(), headers.tcp_flags, closed);
  move_on(found, meta, state, flows.clock);
  decision.endpoint = meta.endpoint();
  const Socket4 other = reply ? flow.listener_side() : flow.endpoint_side();
  decision.rewrite_address = IpAddress::v4(other.address);
  decision.rewrite_port = other.port;
  if (reply) decision.listener_slot = static_cast<ListenerSlot>(flow.listener);
}

// An endpoint's reply without a flow (this process is younger than the connection, or the table
// was full): it belongs to the one nat listener that the endpoint serves, if it is one.
void match_reply(Burst& burst, uint32_t i, Decision& decision, const Snapshot& snapshot) {
  const Headers& headers = burst.headers[i];
  const NatReturn* reply =
      snapshot.endpoints->nat_returns.find({headers.source, headers.source_port, headers.protocol});
  if (reply != nullptr) {
    decision.endpoint = reply->endpoint;
    decision.listener_slot = reply->listener;
    decision.rewrite_address = reply->listener_address;
    decision.rewrite_port = reply->listener_port;
    return;
  }
  if (snapshot.policy->transit == Transit::twin) return burst.to_twin(i);
  burst.drop(i, Drop::transit);
}

bool uses_nat(const Decision& decision) {
  return decision.direction == Direction::to_client || decision.listener->forward == Forward::nat;
}

}  // namespace

void track_flow(Burst& burst, Decisions& decisions, const Snapshot& snapshot, Flows& flows) {
  const Flows::Owner owner(flows, snapshot);
  std::array<FlowPlace, Burst::packets_max> places;
  burst.for_each_live([&](uint32_t i) {
    const Headers& headers = burst.headers[i];
    if (!headers.v4) return;
    if (uses_nat(decisions[i])) {
      const bool reply = decisions[i].direction == Direction::to_client;
      places[i] = flows.nat.place(NatKey4::of(headers, reply));
      flows.nat.prefetch(places[i]);
    } else {
      places[i] = flows.tunnel.place(TunnelKey4::of(headers));
      flows.tunnel.prefetch(places[i]);
    }
  });
  burst.for_each_live([&](uint32_t i) {
    const Headers& headers = burst.headers[i];
    Decision& decision = decisions[i];
    if (headers.v4) {
      uses_nat(decision) ? track_nat(headers, decision, places[i], flows, owner)
                         : track_tunnel(headers, decision, places[i], flows, owner);
    }
    if (decision.endpoint != none<EndpointSlot>) [[likely]] {
      flows.prefetch(decision.endpoint, snapshot);
    } else if (decision.direction == Direction::to_client) {
      match_reply(burst, i, decision, snapshot);
    }
  });
}

}  // namespace weft
