#include "pipelines/l4/pick_endpoint.h"

#include <algorithm>

#include "dataplane/base/planted_bug.h"
#include "dataplane/table/hash_of.h"
#include "dataplane/wire/tcp.h"
#include "pipelines/l4/advance_flow.h"
#include "pipelines/l4/answer.h"
#include "pipelines/l4/handshake.h"
#include "pipelines/l4/rewrites.h"
#include "pipelines/l4/shift_stream.h"
#include "pipelines/l4/write_ip_header.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace weft {

// Flattened: with the length known XXH3 is half as many instructions.
[[gnu::flatten]] uint64_t flow_hash(const Headers& headers, HashOn on, uint64_t seed) {
  struct Input {
    std::array<std::byte, 16> source;
    std::array<std::byte, 16> destination;
    uint64_t rest;  // written at once, as it is read
  };
  static_assert(sizeof(Input) == 40, "every byte of it is hashed");
  if (on == HashOn::source) {
    return XXH3_64bits_withSeed(headers.source.bytes().data(), headers.source.bytes().size(), seed);
  }
  const uint64_t ports = headers.source_port.raw | uint32_t{headers.destination_port.raw} << 16;
  const Input input{headers.source.bytes(), headers.destination.bytes(),
                    ports | uint64_t{static_cast<uint8_t>(headers.protocol)} << 32};
  return XXH3_64bits_withSeed(&input, sizeof(input), seed);
}

namespace {

bool is_new(const Headers& headers) {
  return headers.protocol == Protocol::udp ||
         (headers.tcp_flags & (tcp_flag::syn | tcp_flag::ack)) == tcp_flag::syn;
}

bool is_whole_syn(const Headers& headers) {
  return headers.protocol == Protocol::tcp && is_new(headers) &&
         headers.payload == Payload::transport;
}

FlowState first_state(const Headers& headers) {
  if (headers.protocol == Protocol::udp) return FlowState::udp;
  if ((headers.tcp_flags & (tcp_flag::fin | tcp_flag::rst)) != 0) return FlowState::closing;
  return is_new(headers) ? FlowState::half_open : FlowState::established;
}

EndpointSlot choice_of(const ClusterRecord& cluster, uint64_t hash, uint32_t choice) {
  return cluster.endpoints[cluster.maglev->pick(hash_choice(hash, choice))];
}

// Of the endpoints that a hash chooses the first that takes its flow. None: no cluster, or none
// among the first hash_choices_max.
EndpointSlot first_taker(const ClusterRecord* cluster, uint64_t hash,
                         const EndpointStates& states) {
  if (cluster == nullptr) return none<EndpointSlot>;
  for (uint32_t k = 0; k < hash_choices_max; ++k) {
    const EndpointSlot slot = choice_of(*cluster, hash, k);
    if (states.takes(slot, hash)) return slot;
  }
  return none<EndpointSlot>;
}

// The largest packet that a client's segments may make; 0: nobody knows.
uint16_t segments_fit(const ListenerPolicy& listener, const EndpointPart& endpoints, bool v4) {
  const uint16_t clamp_bytes = listener.mss_clamp_bytes;
  const uint16_t path_bytes = endpoints.least_path_mtu_bytes(listener.cluster);
  if (clamp_bytes == 0 || clamp_bytes == mss_clamp_auto) return path_bytes;
  const auto clamped =
      static_cast<uint16_t>(clamp_bytes + own_ip_header_bytes(v4) + TcpView::header_bytes_min);
  return path_bytes == 0 ? clamped : std::min(clamped, path_bytes);
}

// One worker's view while it picks.
struct Picker {
  const Snapshot& snapshot;
  const EndpointStates& states;
  Flows& flows;
  Flows::Owner owner;
  const SourcePicker& sources;
  bool refuse_new_flows;
  bool& made_entries;  // some flow of this burst got one

  const EndpointRecord& record(EndpointSlot slot) const {
    return snapshot.endpoints->records[index(slot)];
  }

  struct Choice {
    EndpointSlot endpoint = none<EndpointSlot>;
    Drop why = Drop::no_endpoint;  // there is none
    Source source;                 // fullnat
  };

  // A client uses its port again when the old connection is over for it.
  bool gives_way(FlowMeta old, const Headers& headers) const {
    return old.expired(flows.clock) || (old.state() == FlowState::closing && is_new(headers));
  }

  // False: another flow of this client would take the endpoint's reply.
  template <class Table>
  bool nat_fits(Table& table, const Headers& headers, EndpointSlot slot, Choice& choice) const {
    Headers reply = headers;
    reply.source = record(slot).address;
    reply.source_port = record(slot).port;
    reply.destination = headers.source;
    reply.destination_port = headers.source_port;
    const auto key = Table::Key::of(reply, NatSide::endpoint);
    const auto old = table.find(table.place(key), key);
    if (!old) return true;
    if (gives_way(old.meta(), headers)) {
      table.remove(old, owner);
      return true;
    }
    choice.why = Drop::nat_tuple_conflict;
    return false;
  }

  // False: there is no source for a flow to this endpoint.
  template <class Table>
  bool fullnat_fits(Table& table, const Headers& headers, EndpointSlot slot, Choice& choice) const {
    if (!record(slot).source_is_workers) {
      choice.why = Drop::no_source_address;
      return false;
    }
    // Of the flow, also where one of the client's address alone chose the endpoint: its flows need
    // a source each.
    const uint64_t hash = flow_hash(headers, HashOn::five_tuple, snapshot.policy->hash_seed);
    const auto source = sources.pick(table, record(slot), headers.protocol, hash);
    if (!source) {
      choice.why = Drop::source_ports_full;
      return false;
    }
    choice.source = *source;
    return true;
  }

  // Whether a new flow may go to the endpoint, which is healthy.
  bool fits(const Headers& headers, Forward forward, EndpointSlot slot, Choice& choice) const {
    return !is_nat(forward) || fits_nat(headers, forward, slot, choice);
  }
  // Out of line, as all that a flood which goes by the hash does not need.
  [[gnu::noinline]] bool fits_nat(const Headers& headers, Forward forward, EndpointSlot slot,
                                  Choice& choice) const {
    if (record(slot).address.is_v4() != headers.v4) return false;
    return flows.with_nat(headers.v4, [&](auto& table) {
      return forward == Forward::nat ? nat_fits(table, headers, slot, choice)
                                     : fullnat_fits(table, headers, slot, choice);
    });
  }

  Choice choose_by_id(const Headers& headers, const Decision& decision) const {
    const ListenerPolicy& listener = *decision.listener;
    Choice choice;
    if (fits(headers, listener.forward, decision.by_id, choice)) {
      choice.endpoint = decision.by_id;
    }
    return choice;
  }

  // The pieces of a datagram go together.
  uint64_t hash_for(const Headers& headers, const ListenerPolicy& listener) const {
    const uint64_t hash = flow_hash(headers, listener.hash, snapshot.policy->hash_seed);
    if (listener.udp == UdpChoice::flow) return hash;
    const uint32_t one = is_fragment(headers.payload) ? headers.datagram_id : flows.datagrams++;
    return mix(hash, one);
  }

  // Where the table before a change of the set has the flow, if it is there.
  EndpointSlot previous(const ClusterRecord& cluster, uint64_t hash) const {
    if (cluster.previous == nullptr) return none<EndpointSlot>;
    const EndpointSlot slot = choice_of(*cluster.previous, hash, 0);
    const bool alive = snapshot.endpoints->present(slot) && states.get(slot) != EndpointState::down;
    return alive ? slot : none<EndpointSlot>;
  }

  // Where a packet in mid-flow belongs by what other gateways know of it.
  EndpointSlot elsewhere(const Headers& headers, const ClusterRecord& cluster,
                         uint64_t hash) const {
    const EndpointSlot told = told_by_peer(headers, snapshot, states, flows.peers);
    return told != none<EndpointSlot> ? told : previous(cluster, hash);
  }

  // Of packets that begin a flow.
  struct FirstChoices {
    std::array<uint64_t, Burst::packets_max> hashes;
    std::array<EndpointSlot, Burst::packets_max> slots;  // none: no cluster, or no table
    std::array<const EndpointRecord*, Burst::packets_max> records;
  };

  // What choose() will read for the packets of `fresh`, one step of the way after the other; and
  // their first choices.
  FirstChoices prefetch_choices(uint32_t fresh, const Burst& burst,
                                const Decisions& decisions) const {
    FirstChoices first;
    const EndpointPart& endpoints = *snapshot.endpoints;
    std::array<const ClusterRecord*, Burst::packets_max> clusters;
    Burst::for_each(fresh, [&](uint32_t i) {
      const ListenerPolicy& listener = *decisions[i].listener;
      first.hashes[i] = hash_for(burst.headers[i], listener);
      clusters[i] = endpoints.cluster_with_table(listener.cluster);
      if (clusters[i] != nullptr) clusters[i]->maglev->prefetch(hash_choice(first.hashes[i], 0));
    });
    Burst::for_each(fresh, [&](uint32_t i) {
      first.slots[i] = none<EndpointSlot>;
      if (clusters[i] == nullptr) return;
      const EndpointSlot slot = choice_of(*clusters[i], first.hashes[i], 0);
      if (!endpoints.records.has(index(slot))) return;
      first.slots[i] = slot;
      first.records[i] = &endpoints.records[index(slot)];
      __builtin_prefetch(states.address(slot));
      flows.prefetch(slot, first.records[i], decisions[i].listener_slot);
    });
    return first;
  }

  Choice choose(const Headers& headers, const ListenerPolicy& listener, uint64_t hash) const {
    const ClusterRecord* cluster = snapshot.endpoints->cluster(listener.cluster);
    if (cluster == nullptr) return {};
    const bool new_flow = is_new(headers);
    Choice choice;
    const auto accepts = [&](EndpointSlot slot) {
      if (new_flow && flows.full(slot, record(slot).flows_max)) {
        choice.why = Drop::endpoints_full;
        return false;
      }
      if (!fits(headers, listener.forward, slot, choice)) return false;
      choice.endpoint = slot;
      return true;
    };
    const EndpointSlot before = new_flow ? none<EndpointSlot> : elsewhere(headers, *cluster, hash);
    if (before != none<EndpointSlot> && accepts(before)) return choice;
    if (!cluster->has_table() || states.fit_endpoints(listener.cluster) == 0) return choice;
    if (try_choices(*cluster, hash, accepts)) return choice;
    const bool full = choice.why == Drop::endpoints_full;
    walk(*cluster, hash, full ? full_walk_max : UINT32_MAX, accepts);
    return choice;
  }

  // In the order of the hash's choices. False: nobody among them.
  template <class Accepts>
  bool try_choices(const ClusterRecord& cluster, uint64_t hash, const Accepts& accepts) const {
    bool slow = false;
    for (uint32_t k = 0; k < hash_choices_max; ++k) {
      const EndpointSlot slot = choice_of(cluster, hash, k);
      if (states.takes(slot, hash) || planted(PlantedBug::down_ignored)) {
        if (accepts(slot)) return true;
      } else {
        slow = slow || states.get(slot) == EndpointState::healthy;
      }
    }
    // Those that start slowly take what nobody else does.
    for (uint32_t k = 0; slow && k < hash_choices_max; ++k) {
      const EndpointSlot slot = choice_of(cluster, hash, k);
      if (states.get(slot) == EndpointState::healthy && accepts(slot)) return true;
    }
    return false;
  }

  // Nearly all are down, or full: goes through them from where the hash points.
  template <class Accepts>
  [[gnu::noinline]] void walk(const ClusterRecord& cluster, uint64_t hash, uint32_t steps_max,
                              const Accepts& accepts) const {
    const auto count = static_cast<uint32_t>(cluster.endpoints.size());
    const uint32_t start = hash_choice(hash, 0) % count;
    for (uint32_t k = 0; k < std::min(count, steps_max); ++k) {
      const EndpointSlot slot = cluster.endpoints[(start + k) % count];
      if (states.get(slot) == EndpointState::healthy && accepts(slot)) return;
    }
  }

  FlowMeta new_meta(const Headers& headers, EndpointSlot endpoint) const {
    FlowState state = first_state(headers);
    // Whoever floods could say that all of its flows are established.
    if (state == FlowState::established && flows.attack.under_attack()) {
      state = FlowState::half_open;
    }
    return {endpoint, state, flows.clock.tick(state)};
  }

  // No flood is to drive out a client that has shown that it is there.
  FlowMeta proven_meta(EndpointSlot endpoint) const {
    return {endpoint, FlowState::established, flows.clock.tick(FlowState::established)};
  }

  [[gnu::noinline]] void remember_tunnel(const Headers& headers, const Decision& decision) const {
    flows.with_tunnel(headers.v4, [&](auto& table) {
      const auto key = std::remove_reference_t<decltype(table)>::Key::of(headers);
      const FlowMeta meta = new_meta(headers, decision.endpoint);
      if (!table.insert(table.place(key), key, meta, owner)) return;
      made_entries = true;
      flows.count_new(headers, decision);
    });
  }

  // The second entry of a fullnat flow. False: no room, and the first one is gone too.
  template <class Table, class NatFlow>
  bool remember_back(Table& table, const NatFlow& there) const {
    NatFlow back = there;
    back.marks.entry = static_cast<uint32_t>(NatEntry::back);
    const auto back_key = Table::BucketType::key_of(back);
    const auto made = table.insert(table.place(back_key), back_key, back.meta, owner);
    if (made) made.bucket->set_flow(made.at, back);
    // Making room may have moved the first one, or evicted it.
    const auto there_key = Table::BucketType::key_of(there);
    const auto first = table.find(table.place(there_key), there_key);
    if (made && first) return true;
    if (made) table.forget(made);
    if (first) table.remove(first, owner);
    return false;
  }

  // Of a flow whose two sides will count differently. False: no room.
  bool begin_stream(const Headers& headers, const Decision& decision,
                    const ProvenClient* proven) const {
    const StreamSides sides = StreamSides::of(headers, decision);
    Stream* stream = flows.streams.begin(sides);
    if (stream == nullptr) {
      flows.count_full_streams();
      return false;
    }
    const ClientAddress header = decision.listener->client_address;
    if (is_proxy(header)) {
      carry_header(*stream, header, sides);
      if (is_new(headers)) flows.streams.settle(*stream, StreamPhase::header_due);
    }
    if (proven != nullptr) {
      begin_opening(*stream, *proven);
      flows.streams.settle(*stream, StreamPhase::opening);
    }
    return true;
  }

  // Why the flow cannot begin: there is no room, and without an entry the reply could not be told
  // apart.
  template <class Table>
  Drop remember_nat(Table& table, const Headers& headers, Decision& decision, const Source& source,
                    const ProvenClient* proven) const {
    const auto key = Table::Key::of(headers, NatSide::client);
    const FlowMeta meta =
        proven != nullptr ? proven_meta(decision.endpoint) : new_meta(headers, decision.endpoint);
    const EndpointRecord& to = record(decision.endpoint);
    const bool fullnat = decision.listener->forward == Forward::fullnat;
    const bool shifted =
        proven != nullptr || (fullnat && is_proxy(decision.listener->client_address));
    if (shifted && !begin_stream(headers, decision, proven)) return Drop::streams_full;
    const auto found = table.insert(table.place(key), key, meta, owner);
    if (!found) {
      if (shifted) flows.streams.end(StreamSides::of(headers, decision));
      if (fullnat || shifted) return Drop::flow_table_full;
      const NatReturn* only =
          snapshot.endpoints->nat_returns.find({to.address, to.port, headers.protocol});
      const bool known = only != nullptr && only->listener == decision.listener_slot;
      return known ? Drop::none : Drop::flow_table_full;
    }
    made_entries = true;
    auto& flow = found.bucket->flow(found.at);
    flow.set_endpoint(Table::BucketType::Socket::of(to.address, to.port));
    flow.marks.listener = index(decision.listener_slot) & (listeners_max - 1);
    flow.marks.client_closed = (headers.tcp_flags & tcp_flag::fin) != 0;
    flow.marks.shifted = shifted;
    decision.shifted = shifted;
    flows.count_new(headers, decision);
    if (!fullnat) return Drop::none;
    flow.source_port = source.port;
    flow.marks.source_host = source_host(source_address(to, source.host));
    flow.marks.entry = static_cast<uint32_t>(NatEntry::there);
    set_rewrites(decision, flow, to);
    const auto there = flow;  // the entry may move
    return remember_back(table, there) ? Drop::none : Drop::flow_table_full;
  }

  [[gnu::noinline]] Drop remember_nat(const Headers& headers, Decision& decision,
                                      const Source& source, const ProvenClient* proven) const {
    return flows.with_nat(headers.v4, [&](auto& table) {
      return remember_nat(table, headers, decision, source, proven);
    });
  }

  // A packet of the same burst may have made the entry meanwhile; then this one moves it on.
  [[gnu::noinline]] bool made_meanwhile(const Headers& headers, Decision& decision) const {
    const auto look_up = [&](auto& table, const auto& key, auto found_flow) {
      const auto flow = table.find(table.place(key), key);
      if (!flow) return false;
      set(decision, flow.meta().endpoint());
      found_flow(table, flow);
      return true;
    };
    if (is_nat(decision.listener->forward)) {
      return flows.with_nat(headers.v4, [&](auto& table) {
        const auto key =
            std::remove_reference_t<decltype(table)>::Key::of(headers, NatSide::client);
        return look_up(table, key, [&](auto& nat, const auto& flow) {
          advance_nat<NatSide::client>(nat, flow, headers, flows.clock);
          set_rewrites(decision, flow.bucket->flow(flow.at), *decision.record);
        });
      });
    }
    return flows.with_tunnel(headers.v4, [&](auto& table) {
      const auto key = std::remove_reference_t<decltype(table)>::Key::of(headers);
      return look_up(table, key,
                     [&](auto&, const auto& flow) { advance_tunnel(flow, headers, flows.clock); });
    });
  }

  void forget(const Headers& headers, Forward forward) const {
    const auto remove = [&](auto& table, const auto& key) {
      if (const auto flow = table.find(table.place(key), key)) table.remove(flow, owner);
    };
    if (is_nat(forward)) {
      return flows.with_nat(headers.v4, [&](auto& table) {
        remove(table, std::remove_reference_t<decltype(table)>::Key::of(headers, NatSide::client));
      });
    }
    flows.with_tunnel(headers.v4, [&](auto& table) {
      remove(table, std::remove_reference_t<decltype(table)>::Key::of(headers));
    });
  }

  void set(Decision& decision, EndpointSlot endpoint) const {
    decision.endpoint = endpoint;
    decision.record = &record(endpoint);
    decision.rewrite_address = decision.record->address;
    decision.rewrite_port = decision.record->port;
    decision.rewrites_both = false;
    decision.shifted = false;
  }

  // A SYN to a nat listener under attack goes back with a cookie, whoever its endpoint will be.
  // False: it does not, since there is no room for the flow that it could become, or nobody to take
  // it.
  bool asks_for_proof(Burst& burst, uint32_t i, const ListenerPolicy& listener) const {
    const Headers& headers = burst.headers[i];
    const bool answered = is_whole_syn(headers) && is_nat(listener.forward);
    if (!answered || states.fit_endpoints(listener.cluster) == 0) return false;
    if (!flows.streams.has_room()) {
      flows.count_full_streams();
      return false;
    }
    burst.refuse(i, Drop::syn_cookie, Reply::syn_cookie,
                 segments_fit(listener, *snapshot.endpoints, headers.v4));
    return true;
  }

  // Answers those of `fresh` that go back with a cookie; the others are left. Under attack these
  // are most packets, and nothing of what the others need is looked up for them.
  uint32_t ask_for_proof(uint32_t fresh, Burst& burst, const Decisions& decisions) const {
    if (!flows.attack.under_attack() || refuse_new_flows || !flows.streams.has_room()) return fresh;
    uint32_t left = fresh;
    Burst::for_each(fresh, [&](uint32_t i) {
      if (!asks_for_proof(burst, i, *decisions[i].listener)) return;
      flows.attack.count();
      left &= ~(1u << i);
    });
    return left;
  }

  // What most packets of a SYN flood to tunnels are, in a few steps: a SYN that nobody has to
  // remember, and its first choice takes new flows. As pick_new() decides; false: that has to.
  bool meet_flood(Burst& burst, uint32_t i, Decision& decision, const FirstChoices& first) const {
    if (!flows.attack.overrun() || made_entries || refuse_new_flows) return false;
    const EndpointSlot slot = first.slots[i];
    const bool begins = is_whole_syn(burst.headers[i]) && slot != none<EndpointSlot>;
    if (!begins || !states.takes(slot, first.hashes[i])) return false;
    const ListenerPolicy& listener = *decision.listener;
    const EndpointRecord& likely = *first.records[i];
    if (is_nat(listener.forward) || listener.admission != nullptr) return false;
    if (flows.full(slot, likely.flows_max)) return false;
    flows.attack.count();
    flows.count_unremembered();
    decision.endpoint = slot;
    decision.record = &likely;
    return true;
  }

  // The SYN that a proven client sent once takes the packet's place.
  void repeat_syn(Burst& burst, uint32_t i, const Decision& decision) const {
    const StreamSides sides = StreamSides::of(burst.headers[i], decision);
    flows.count_by_cookie();
    if (!make_client_syn(burst.packets[i], burst.headers[i], *flows.streams.find(sides))) {
      burst.drop(i, Drop::no_headroom);
    }
  }

  // `hash`: hash_for(its headers, its listener).
  void pick_new(Burst& burst, uint32_t i, Decision& decision, uint64_t hash) const {
    const Headers& headers = burst.headers[i];
    const bool by_flow = decision.listener->udp == UdpChoice::flow;
    if (by_flow && made_entries && made_meanwhile(headers, decision)) return;
    if (flows.cookies.awaited(flows.now()) && may_bring_cookie(headers, decision)) [[unlikely]] {
      const auto proven = proven_client(burst.packets[i], headers, flows.cookies, flows.now());
      if (proven) {
        Headers syn = headers;
        syn.tcp_flags = tcp_flag::syn;
        return pick_for(burst, i, decision, hash, syn, &*proven);
      }
    }
    pick_for(burst, i, decision, hash, headers, nullptr);
  }

  static bool may_bring_cookie(const Headers& headers, const Decision& decision) {
    return is_nat(decision.listener->forward) && headers.protocol == Protocol::tcp &&
           (headers.tcp_flags & tcp_flag::ack) != 0 && headers.payload == Payload::transport;
  }

  // `begun`: what the flow begins with. `proven`: not null, the packet brought a cookie, and this
  // is its client's SYN.
  void pick_for(Burst& burst, uint32_t i, Decision& decision, uint64_t hash, const Headers& begun,
                const ProvenClient* proven) const {
    const Reply refusal = refusal_reply(begun);
    // Whoever sends a SYN tries again; whoever brought a cookie takes the connection for open.
    const Reply to_connected = proven != nullptr ? Reply::tcp_reset : Reply::none;
    const bool by_flow = decision.listener->udp == UdpChoice::flow;
    const bool by_id = decision.by_id != none<EndpointSlot>;  // then the connection is not new
    if (refuse_new_flows && is_new(begun) && !by_id) {
      return burst.refuse(i, Drop::stopping, refusal);
    }
    const bool nat = is_nat(decision.listener->forward);
    const bool overrun = by_flow && proven == nullptr && flows.attack.count();
    // The attack may have begun with this burst.
    const bool attacked = flows.attack.under_attack() && proven == nullptr;
    if (attacked && asks_for_proof(burst, i, *decision.listener)) return;
    // What is in mid-flow and needs no entry does not begin, and goes by the hash.
    const bool limited = decision.listener->admission != nullptr;
    if (limited && by_flow && (nat || is_new(begun))) [[unlikely]] {
      const Drop over =
          flows.limits.take(FlowSides::of(begun), *decision.listener, flows.mine, flows.now());
      if (over != Drop::none) return burst.refuse(i, over, to_connected);
    }
    const Choice choice =
        by_id ? choose_by_id(begun, decision) : choose(begun, *decision.listener, hash);
    if (choice.endpoint == none<EndpointSlot>) return burst.refuse(i, choice.why, refusal);
    set(decision, choice.endpoint);
    if (!by_flow) return;
    if (!nat) {
      return overrun ? flows.count_unremembered() : remember_tunnel(begun, decision);
    }
    const Drop full = remember_nat(begun, decision, choice.source, proven);
    if (full != Drop::none) return burst.refuse(i, full, to_connected);
    if (proven != nullptr) repeat_syn(burst, i, decision);
  }

  void pick_again(Burst& burst, uint32_t i, Decision& decision) const {
    pick_new(burst, i, decision, hash_for(burst.headers[i], *decision.listener));
  }

  // The flow moves where the connection id says. A packet of the same burst may have moved it.
  void follow_id(Burst& burst, uint32_t i, Decision& decision) const {
    const Headers& headers = burst.headers[i];
    if (made_meanwhile(headers, decision)) {
      if (decision.endpoint == decision.by_id) return;
      forget(headers, decision.listener->forward);
    }
    pick_again(burst, i, decision);
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
    pick_again(burst, i, decision);
  }
};

}  // namespace

EndpointSlot told_by_peer(const Headers& headers, const Snapshot& snapshot,
                          const EndpointStates& states, const PeerFlows* peers) {
  if (peers == nullptr || headers.protocol != Protocol::tcp) return none<EndpointSlot>;
  const auto told = peers->find(headers.source, headers.source_port, headers.destination,
                                headers.destination_port);
  if (!told || !snapshot.endpoints->present(told->slot)) return none<EndpointSlot>;
  const EndpointRecord& record = snapshot.endpoints->records[index(told->slot)];
  const bool same = record.address == told->endpoint && record.port == told->endpoint_port;
  return same && states.get(told->slot) != EndpointState::down ? told->slot : none<EndpointSlot>;
}

EndpointSlot first_choice(const Headers& headers, const ListenerPolicy& listener,
                          const Snapshot& snapshot, const EndpointStates& states) {
  const uint64_t hash = flow_hash(headers, listener.hash, snapshot.policy->hash_seed);
  return first_taker(snapshot.endpoints->cluster_with_table(listener.cluster), hash, states);
}

void pick_endpoint(Burst& burst, Decisions& decisions, const Snapshot& snapshot,
                   const EndpointStates& states, Flows& flows, const SourcePicker& sources,
                   bool refuse_new_flows) {
  bool made_entries = false;
  const Picker picker{snapshot, states,           flows,       Flows::Owner(flows, snapshot),
                      sources,  refuse_new_flows, made_entries};
  uint32_t to_endpoint = 0;
  uint32_t fresh = 0;
  burst.for_each_live([&](uint32_t i) {
    to_endpoint |= uint32_t{decisions[i].direction == Direction::to_endpoint} << i;
    fresh |= uint32_t{decisions[i].endpoint == none<EndpointSlot>} << i;
  });
  fresh &= to_endpoint;
  const uint32_t asked = fresh & ~picker.ask_for_proof(fresh, burst, decisions);
  to_endpoint &= ~asked;
  const Picker::FirstChoices first = picker.prefetch_choices(fresh & ~asked, burst, decisions);
  Burst::for_each(to_endpoint, [&](uint32_t i) {
    Decision& decision = decisions[i];
    if (decision.by_id != none<EndpointSlot> && decision.by_id != decision.endpoint) [[unlikely]] {
      return picker.follow_id(burst, i, decision);
    }
    if (decision.endpoint == none<EndpointSlot>) {
      if (picker.meet_flood(burst, i, decision, first)) return;
      return picker.pick_new(burst, i, decision, first.hashes[i]);
    }
    if (planted(PlantedBug::kept_on_dead_endpoint)) return;
    const EndpointState state = states.get(decision.endpoint);
    const bool drains = state == EndpointState::draining;
    if (state == EndpointState::down || (planted(PlantedBug::moved_on_weight_change) && drains))
        [[unlikely]] {
      picker.leave_dead_endpoint(burst, i, decision);
    }
  });
}

}  // namespace weft
