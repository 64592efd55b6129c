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

void track_tunnel(const Headers& headers, Decision& decision, TunnelFlows4::Flow flow, Flows& flows,
                  const Flows::Owner& owner) {
  const FlowMeta meta = flow.meta();
  if (begins_anew(headers, meta, flows.clock)) return flows.tunnel.remove(flow, owner);
  const bool closed = (headers.tcp_flags & tcp_flag::fin) != 0;
  move_on(flow, meta, next_state(meta.state(), headers.tcp_flags, closed), flows.clock);
  decision.endpoint = meta.endpoint();
}

void track_nat(const Headers& headers, Decision& decision, NatFlows4::Flow found, Flows& flows,
               const Flows::Owner& owner) {
  const bool reply = decision.direction == Direction::to_client;
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
[[gnu::noinline]] void match_reply(Burst& burst, uint32_t i, Decision& decision,
                                   const Snapshot& snapshot) {
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

// Finds the flows of the packets of `which` in `table`, where `key_of` gives a packet's key and
// `track` is told of each that is there.
template <class Table, class KeyOf, class Track>
void find_flows(uint32_t which, Table& table, KeyOf key_of, Track track) {
  if (which == 0) return;
  std::array<FlowPlace, Burst::packets_max> places;
  Burst::for_each(which, [&](uint32_t i) {
    places[i] = table.place(key_of(i));
    table.prefetch(places[i]);
  });
  Burst::for_each(which, [&](uint32_t i) {
    if (const auto flow = table.find(places[i], key_of(i))) [[likely]]
      track(i, flow);
  });
}

}  // namespace

void track_flow(Burst& burst, Decisions& decisions, const Snapshot& snapshot, Flows& flows) {
  const Flows::Owner owner(flows, snapshot);
  uint32_t nat = 0;
  uint32_t tunnel = 0;
  burst.for_each_live([&](uint32_t i) {
    const uint32_t bit = uint32_t{burst.headers[i].v4} << i;
    (uses_nat(decisions[i]) ? nat : tunnel) |= bit;
  });
  find_flows(
      tunnel, flows.tunnel, [&](uint32_t i) { return TunnelKey4::of(burst.headers[i]); },
      [&](uint32_t i, TunnelFlows4::Flow flow) {
        track_tunnel(burst.headers[i], decisions[i], flow, flows, owner);
      });
  find_flows(
      nat, flows.nat,
      [&](uint32_t i) {
        return NatKey4::of(burst.headers[i], decisions[i].direction == Direction::to_client);
      },
      [&](uint32_t i, NatFlows4::Flow flow) {
        track_nat(burst.headers[i], decisions[i], flow, flows, owner);
      });
  burst.for_each_live([&](uint32_t i) {
    Decision& decision = decisions[i];
    if (decision.endpoint != none<EndpointSlot>) [[likely]] {
      decision.record = &snapshot.endpoints->records[index(decision.endpoint)];
      flows.prefetch(decision.endpoint, decision.record);
    } else if (decision.direction == Direction::to_client) {
      match_reply(burst, i, decision, snapshot);
    }
  });
}

}  // namespace weft
