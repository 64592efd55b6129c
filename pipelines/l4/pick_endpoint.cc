#include "pipelines/l4/pick_endpoint.h"

#include "pipelines/l4/answer.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace weft {

uint64_t flow_hash(const Headers& headers, HashOn on, uint64_t seed) {
  struct Input {
    std::array<std::byte, 16> source;
    std::array<std::byte, 16> destination;
    be16 source_port;
    be16 destination_port;
    uint32_t protocol;
  };
  static_assert(sizeof(Input) == 40, "every byte of it is hashed");
  if (on == HashOn::source) {
    return XXH3_64bits_withSeed(headers.source.bytes().data(), headers.source.bytes().size(), seed);
  }
  const Input input{headers.source.bytes(), headers.destination.bytes(), headers.source_port,
                    headers.destination_port, static_cast<uint32_t>(headers.protocol)};
  return XXH3_64bits_withSeed(&input, sizeof(input), seed);
}

namespace {

bool is_new(const Headers& headers) {
  return headers.protocol == Protocol::udp ||
         (headers.tcp_flags & (tcp_flag::syn | tcp_flag::ack)) == tcp_flag::syn;
}

FlowState first_state(const Headers& headers) {
  if (headers.protocol == Protocol::udp) return FlowState::udp;
  if ((headers.tcp_flags & (tcp_flag::fin | tcp_flag::rst)) != 0) return FlowState::closing;
  return is_new(headers) ? FlowState::half_open : FlowState::established;
}

// One worker's view while it picks.
struct Picker {
  const Snapshot& snapshot;
  const EndpointStates& states;
  Flows& flows;
  Flows::Owner owner;
  bool refuse_new_flows;

  const EndpointRecord& record(EndpointSlot slot) const {
    return snapshot.endpoints->records[index(slot)];
  }

  // The other flow of this client that the endpoint's reply would be taken for.
  NatFlows4::Flow conflicting(const Headers& headers, EndpointSlot slot) const {
    const EndpointRecord& endpoint = record(slot);
    const NatKey4 reply{{headers.source.v4(), headers.source_port},
                        {endpoint.address.v4(), endpoint.port},
                        headers.protocol == Protocol::udp,
                        true};
    return flows.nat.find(flows.nat.place(reply), reply);
  }

  // A client uses its port again when the old connection is over for it.
  bool gives_way(FlowMeta old, const Headers& headers) const {
    return old.expired(flows.clock) || (old.state() == FlowState::closing && is_new(headers));
  }

  struct Choice {
    EndpointSlot endpoint = none<EndpointSlot>;
    Drop why = Drop::no_endpoint;  // there is none
    NatFlows4::Flow old;           // gives way to the new flow; empty: there is none
  };

  Choice choose(const Headers& headers, const ListenerPolicy& listener) const {
    const auto& clusters = snapshot.endpoints->clusters;
    if (index(listener.cluster) >= clusters.size()) return {};
    const ClusterRecord* cluster = clusters[index(listener.cluster)].get();
    if (cluster == nullptr || cluster->maglev == nullptr || cluster->maglev->empty() ||
        states.fit_endpoints(listener.cluster) == 0) {
      return {};
    }
    const uint64_t hash = flow_hash(headers, listener.hash, snapshot.policy->hash_seed);
    Choice choice;
    const auto fits = [&](EndpointSlot slot) {
      if (states.get(slot) != EndpointState::healthy) return false;
      const auto old =
          listener.forward == Forward::nat ? conflicting(headers, slot) : NatFlows4::Flow{};
      if (old && !gives_way(old.meta(), headers)) {
        choice.why = Drop::nat_tuple_conflict;
        return false;
      }
      choice.old = old;
      choice.endpoint = slot;
      return true;
    };
    for (uint32_t k = 0; k < hash_choices_max; ++k) {
      if (fits(cluster->endpoints[cluster->maglev->pick(hash_choice(hash, k))])) return choice;
    }
    // Nearly all are down: walk through them from where the hash points.
    const auto count = static_cast<uint32_t>(cluster->endpoints.size());
    const uint32_t start = hash_choice(hash, 0) % count;
    for (uint32_t k = 0; k < count; ++k) {
      if (fits(cluster->endpoints[(start + k) % count])) return choice;
    }
    return choice;
  }

  void remember_tunnel(const Headers& headers, ListenerSlot listener, EndpointSlot endpoint) const {
    const TunnelKey4 key = TunnelKey4::of(headers);
    const auto place = flows.tunnel.place(key);
    const FlowState state = first_state(headers);
    const FlowMeta meta(endpoint, state, flows.clock.tick(state));
    if (flows.tunnel.insert(place, key, meta, owner)) {
      flows.count_new(listener, endpoint);
    }
  }

  // False: there is no room, and without an entry the reply could not be told apart.
  bool remember_nat(const Headers& headers, ListenerSlot listener, EndpointSlot endpoint) const {
    const NatKey4 key = NatKey4::of(headers, false);
    const auto place = flows.nat.place(key);
    const FlowState state = first_state(headers);
    const FlowMeta meta(endpoint, state, flows.clock.tick(state));
    const EndpointRecord& to = record(endpoint);
    const auto found = flows.nat.insert(place, key, meta, owner);
    if (!found) {
      const NatReturn* only =
          snapshot.endpoints->nat_returns.find({to.address, to.port, headers.protocol});
      return only != nullptr && only->listener == listener;
    }
    NatFlow4& flow = found.bucket->flow(found.at);
    flow.endpoint_address = to.address.v4();
    flow.endpoint_port = to.port;
    flow.listener = static_cast<uint16_t>(index(listener));
    flow.client_closed = (headers.tcp_flags & tcp_flag::fin) != 0;
    flows.count_new(listener, endpoint);
    return true;
  }

  // A packet of the same burst may have made the entry meanwhile.
  EndpointSlot made_meanwhile(const Headers& headers, Forward forward) const {
    if (forward == Forward::nat) {
      const NatKey4 key = NatKey4::of(headers, false);
      const auto flow = flows.nat.find(flows.nat.place(key), key);
      return flow ? flow.meta().endpoint() : none<EndpointSlot>;
    }
    const TunnelKey4 key = TunnelKey4::of(headers);
    const auto flow = flows.tunnel.find(flows.tunnel.place(key), key);
    return flow ? flow.meta().endpoint() : none<EndpointSlot>;
  }

  void forget(const Headers& headers, Forward forward) const {
    if (forward == Forward::nat) {
      const NatKey4 key = NatKey4::of(headers, false);
      if (const auto flow = flows.nat.find(flows.nat.place(key), key)) {
        flows.nat.remove(flow, owner);
      }
      return;
    }
    const TunnelKey4 key = TunnelKey4::of(headers);
    if (const auto flow = flows.tunnel.find(flows.tunnel.place(key), key)) {
      flows.tunnel.remove(flow, owner);
    }
  }

  void set(Decision& decision, EndpointSlot endpoint) const {
    decision.endpoint = endpoint;
    decision.record = &record(endpoint);
    decision.rewrite_address = decision.record->address;
    decision.rewrite_port = decision.record->port;
  }

  void pick_new(Burst& burst, uint32_t i, Decision& decision) const {
    const Headers& headers = burst.headers[i];
    const Forward forward = decision.listener->forward;
    const EndpointSlot meanwhile = made_meanwhile(headers, forward);
    if (meanwhile != none<EndpointSlot>) return set(decision, meanwhile);
    if (refuse_new_flows && is_new(headers)) {
      return burst.refuse(i, Drop::stopping, refusal_reply(headers));
    }
    const Choice choice = choose(headers, *decision.listener);
    if (choice.endpoint == none<EndpointSlot>) {
      return burst.refuse(i, choice.why, refusal_reply(headers));
    }
    set(decision, choice.endpoint);
    if (choice.old) flows.nat.remove(choice.old, owner);
    if (forward == Forward::ipip) {
      return remember_tunnel(headers, decision.listener_slot, choice.endpoint);
    }
    if (!remember_nat(headers, decision.listener_slot, choice.endpoint)) {
      burst.drop(i, Drop::flow_table_full);
    }
  }

  void leave_dead_endpoint(Burst& burst, uint32_t i, Decision& decision) const {
    const Headers& headers = burst.headers[i];
    const OnEndpointDown on_down = record(decision.endpoint).on_down;
    if (!is_new(headers)) {
      if (on_down == OnEndpointDown::keep) return;
      if (on_down == OnEndpointDown::reset) {
        return burst.refuse(i, Drop::endpoint_down, Reply::tcp_reset);
      }
    } else if (headers.protocol == Protocol::udp && on_down == OnEndpointDown::keep) {
      return;
    }
    forget(headers, decision.listener->forward);
    pick_new(burst, i, decision);
  }
};

}  // namespace

void pick_endpoint(Burst& burst, Decisions& decisions, const Snapshot& snapshot,
                   const EndpointStates& states, Flows& flows, bool refuse_new_flows) {
  const Picker picker{snapshot, states, flows, Flows::Owner(flows, snapshot), refuse_new_flows};
  burst.for_each_live([&](uint32_t i) {
    Decision& decision = decisions[i];
    if (decision.direction == Direction::to_client) return;
    if (decision.endpoint == none<EndpointSlot>) return picker.pick_new(burst, i, decision);
    if (states.get(decision.endpoint) == EndpointState::down) [[unlikely]] {
      picker.leave_dead_endpoint(burst, i, decision);
    }
  });
}

}  // namespace weft
