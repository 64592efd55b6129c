#include "pipelines/l4/track_flow.h"

#include "dataplane/base/planted_bug.h"
#include "pipelines/l4/advance_flow.h"
#include "pipelines/l4/answer.h"
#include "pipelines/l4/rewrites.h"

namespace weft {

namespace {

// A SYN begins a new flow where the old one is over.
bool begins_anew(const Headers& headers, FlowMeta meta, const FlowClock& clock) {
  const bool syn = (headers.tcp_flags & (tcp_flag::syn | tcp_flag::ack)) == tcp_flag::syn &&
                   headers.protocol == Protocol::tcp;
  return syn && (meta.state() == FlowState::closing || meta.expired(clock));
}

template <class Table>
void track_tunnel(const Headers& headers, Decision& decision, typename Table::Flow flow,
                  Table& table, const Flows& flows, const Flows::Owner& owner) {
  const FlowMeta meta = flow.meta();
  const bool remembered = decision.listener->udp == UdpChoice::flow;
  if (!remembered || begins_anew(headers, meta, flows.clock)) return table.remove(flow, owner);
  advance_tunnel(flow, headers, flows.clock);
  decision.endpoint = meta.endpoint();
}

template <NatSide side, class Table>
void track_nat(const Headers& headers, Decision& decision, typename Table::Flow found, Table& table,
               const Snapshot& snapshot, const Flows& flows, const Flows::Owner& owner) {
  constexpr bool reply = side != NatSide::client;
  const FlowMeta meta = found.meta();
  if (!reply && begins_anew(headers, meta, flows.clock)) return table.remove(found, owner);
  advance_nat<side>(table, found, headers, flows.clock);
  const auto& flow = found.bucket->flow(found.at);
  decision.endpoint = meta.endpoint();
  set_rewrites(decision, flow, snapshot.endpoints->records[index(meta.endpoint())]);
  const bool wrong_port = planted(PlantedBug::reply_with_wrong_port) && reply;
  if (wrong_port) decision.rewrite_port = headers.source_port;
  if (reply) decision.listener_slot = static_cast<ListenerSlot>(flow.marks.listener);
}

// An endpoint's reply without a flow (this process is younger than the connection, or the table
// was full): it belongs to the one nat listener that the endpoint serves, if it is one.
[[gnu::noinline]] void match_reply(Burst& burst, uint32_t i, Decision& decision,
                                   const Snapshot& snapshot) {
  const Headers& headers = burst.headers[i];
  if (decision.owner == AddressOwner::source_addresses) {
    return burst.refuse(i, Drop::no_listener, refusal_reply(headers));
  }
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

// The live packets by what is to be looked up for them.
struct Kinds {
  uint32_t v4 = 0;
  uint32_t tunnel = 0;     // to a tunnel or direct listener
  uint32_t nat = 0;        // to a nat or fullnat listener
  uint32_t reply = 0;      // to nobody of ours
  uint32_t to_source = 0;  // to a source address of ours
};

Kinds kinds_of(const Burst& burst, const Decisions& decisions) {
  Kinds kinds;
  burst.for_each_live([&](uint32_t i) {
    const Decision& decision = decisions[i];
    const bool reply = decision.direction == Direction::to_client;
    const bool source = decision.owner == AddressOwner::source_addresses;
    kinds.v4 |= uint32_t{burst.headers[i].v4} << i;
    kinds.reply |= uint32_t{reply && !source} << i;
    kinds.to_source |= uint32_t{reply && source} << i;
  });
  Burst::for_each(burst.live & ~(kinds.reply | kinds.to_source), [&](uint32_t i) {
    kinds.nat |= uint32_t{is_nat(decisions[i].listener->forward)} << i;
  });
  kinds.tunnel = burst.live & ~(kinds.nat | kinds.reply | kinds.to_source);
  return kinds;
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
  // What is not in its first bucket waits until all second ones are on their way: under a flood
  // that is most packets.
  uint32_t elsewhere = 0;
  Burst::for_each(which, [&](uint32_t i) {
    const auto flow = table.find_first(places[i], key_of(i));
    if (flow) [[likely]]
      return track(i, flow);
    if (!table.may_be_away(places[i])) return;
    table.prefetch_second(places[i]);
    elsewhere |= 1u << i;
  });
  Burst::for_each(elsewhere, [&](uint32_t i) {
    if (const auto flow = table.find_second(places[i], key_of(i))) track(i, flow);
  });
}

}  // namespace

void track_flow(Burst& burst, Decisions& decisions, const Snapshot& snapshot, Flows& flows) {
  const Flows::Owner owner(flows, snapshot);
  // Packets are taken together that take the same way through the code below.
  const Kinds kinds = kinds_of(burst, decisions);
  const auto find_tunnel = [&](uint32_t which, auto& table) {
    using Table = std::remove_reference_t<decltype(table)>;
    find_flows(
        which, table, [&](uint32_t i) { return Table::Key::of(burst.headers[i]); },
        [&](uint32_t i, typename Table::Flow flow) {
          track_tunnel(burst.headers[i], decisions[i], flow, table, flows, owner);
        });
  };
  const auto find_nat = [&]<NatSide side>(uint32_t which, auto& table) {
    using Table = std::remove_reference_t<decltype(table)>;
    find_flows(
        which, table, [&](uint32_t i) { return Table::Key::of(burst.headers[i], side); },
        [&](uint32_t i, typename Table::Flow flow) {
          track_nat<side>(burst.headers[i], decisions[i], flow, table, snapshot, flows, owner);
        });
  };
  const auto find_all_nat = [&](uint32_t which, auto& table) {
    find_nat.template operator()<NatSide::client>(which & kinds.nat, table);
    find_nat.template operator()<NatSide::endpoint>(which & kinds.reply, table);
    find_nat.template operator()<NatSide::source>(which & kinds.to_source, table);
  };
  find_tunnel(kinds.tunnel & kinds.v4, flows.tunnel4);
  find_tunnel(kinds.tunnel & ~kinds.v4, flows.tunnel6);
  find_all_nat(kinds.v4, flows.nat4);
  find_all_nat(~kinds.v4, flows.nat6);
  burst.for_each_live([&](uint32_t i) {
    Decision& decision = decisions[i];
    if (decision.endpoint != none<EndpointSlot>) [[likely]] {
      decision.record = &snapshot.endpoints->records[index(decision.endpoint)];
      flows.prefetch(decision.endpoint, decision.record, decision.listener_slot);
    } else if (decision.direction == Direction::to_client) {
      match_reply(burst, i, decision, snapshot);
    }
  });
}

}  // namespace weft
