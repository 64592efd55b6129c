#include "pipelines/l4/match_icmp_error.h"

#include "pipelines/l4/match_listener.h"
#include "pipelines/l4/parse_quoted.h"
#include "pipelines/l4/pick_endpoint.h"
#include "pipelines/l4/rewrites.h"

namespace weft {
namespace {

struct ErrorMatcher {
  const Snapshot& snapshot;
  const EndpointStates& states;
  Flows& flows;

  void set_endpoint(Decision& decision, EndpointSlot endpoint) const {
    decision.endpoint = endpoint;
    decision.record = &snapshot.endpoints->records[index(endpoint)];
  }

  // `as_if`: the quoted packet, reversed. False: there is no such flow.
  bool find_nat(const Headers& as_if, NatSide side, Decision& decision) const {
    return flows.with_nat(as_if.v4, [&](auto& table) {
      const auto key = std::remove_reference_t<decltype(table)>::Key::of(as_if, side);
      const auto found = table.find(table.place(key), key);
      if (!found) return false;
      const auto& flow = found.bucket->flow(found.at);
      set_endpoint(decision, found.meta().endpoint());
      decision.listener_slot = static_cast<ListenerSlot>(flow.marks.listener);
      set_rewrites(decision, flow, *decision.record);
      return true;
    });
  }

  bool find_tunnel(const Headers& as_if, Decision& decision) const {
    const EndpointSlot known = flows.with_tunnel(as_if.v4, [&](auto& table) {
      const auto key = std::remove_reference_t<decltype(table)>::Key::of(as_if);
      const auto found = table.find(table.place(key), key);
      return found ? found.meta().endpoint() : none<EndpointSlot>;
    });
    EndpointSlot endpoint = known;
    if (endpoint == none<EndpointSlot>) {
      endpoint = told_by_peer(as_if, snapshot, states, flows.peers);
    }
    if (endpoint == none<EndpointSlot>) {
      endpoint = first_choice(as_if, *decision.listener, snapshot, states);
    }
    if (endpoint == none<EndpointSlot>) return false;
    set_endpoint(decision, endpoint);
    return true;
  }

  bool match(const Headers& as_if, Decision& decision) const {
    if (decision.owner != AddressOwner::listener) {
      decision.direction = Direction::to_client;
      const bool fullnat = decision.owner == AddressOwner::source_addresses;
      return find_nat(as_if, fullnat ? NatSide::source : NatSide::endpoint, decision);
    }
    const ListenerTable& listeners = snapshot.policy->listeners;
    const ListenerSlot* slot = find_listener(listeners, as_if);
    if (slot == nullptr) return false;
    decision.listener_slot = *slot;
    decision.listener = &listeners.policies[index(*slot)];
    return is_nat(decision.listener->forward) ? find_nat(as_if, NatSide::client, decision)
                                              : find_tunnel(as_if, decision);
  }
};

}  // namespace

void match_errors(Burst& burst, Decisions& decisions, const Snapshot& snapshot,
                  const EndpointStates& states, Flows& flows) {
  const ErrorMatcher matcher{snapshot, states, flows};
  Burst::for_each(burst.icmp & burst.live, [&](uint32_t i) {
    if (burst.headers[i].payload != Payload::icmp_error) return;
    Decision& decision = decisions[i];
    const auto as_if = parse_quoted_reversed(burst.packets[i], burst.headers[i]);
    // An error goes to whoever sent what it quotes; one that does not is forged.
    const bool fits =
        as_if && has_ports(*as_if) && as_if->destination == burst.headers[i].destination;
    if (fits && matcher.match(*as_if, decision)) return burst.set_aside(i);
    if (decision.owner != AddressOwner::nobody) burst.drop(i, Drop::icmp_error_unmatched);
  });
}

}  // namespace weft
