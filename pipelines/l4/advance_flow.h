// What a packet does to the entry of its flow: its state and age, and what nat remembers of the
// two sides.
#pragma once

#include "dataplane/base/planted_bug.h"
#include "pipelines/l4/flows.h"

namespace weft {

// Stores only what differs: an untouched line is not written back. True: it differed.
template <class Flow>
bool move_on(Flow flow, FlowMeta meta, FlowState state, const FlowClock& clock) {
  if (planted(PlantedBug::half_open_forever) && meta.state() == FlowState::half_open) {
    state = FlowState::half_open;
  }
  const FlowMeta now(meta.endpoint(), state, clock.tick(state));
  if (now == meta) return false;
  flow.set_meta(now);
  return true;
}

template <class Flow>
void advance_tunnel(Flow flow, const Headers& headers, const FlowClock& clock) {
  const FlowMeta meta = flow.meta();
  const bool closed = (headers.tcp_flags & tcp_flag::fin) != 0;
  move_on(flow, meta, next_state(meta.state(), headers.tcp_flags, closed), clock);
}

// Both entries of a fullnat flow say the same of it.
template <class Table, class NatFlow>
void tell_other_entry(Table& table, const NatFlow& flow) {
  const auto other = Flows::other_entry(table, flow);
  if (!other) return;
  NatFlow& its = other.bucket->flow(other.at);
  its.meta = flow.meta;
  its.marks.client_closed = flow.marks.client_closed;
  its.marks.endpoint_closed = flow.marks.endpoint_closed;
  its.marks.endpoint_spoke = flow.marks.endpoint_spoke;
}

template <NatSide side, class Table>
void advance_nat(Table& table, typename Table::Flow found, const Headers& headers,
                 const FlowClock& clock) {
  constexpr bool reply = side != NatSide::client;
  const FlowMeta meta = found.meta();
  auto& flow = found.bucket->flow(found.at);
  const bool fin = (headers.tcp_flags & tcp_flag::fin) != 0;
  if (fin && reply) flow.marks.endpoint_closed = 1;
  if (fin && !reply) flow.marks.client_closed = 1;
  const bool closed = flow.marks.endpoint_closed != 0 && flow.marks.client_closed != 0;
  // Only the client's packets show that it has the endpoint's SYN.
  const FlowState state = reply && meta.state() == FlowState::half_open
                              ? next_state(meta.state(), headers.tcp_flags | tcp_flag::syn, closed)
                              : next_state(meta.state(), headers.tcp_flags, closed);
  const bool moved = move_on(found, meta, state, clock);
  bool changed = moved || fin;
  if (reply && flow.marks.endpoint_spoke == 0 && (headers.tcp_flags & tcp_flag::syn) == 0) {
    flow.marks.endpoint_spoke = 1;
    changed = true;
  }
  if (changed) tell_other_entry(table, flow);
}

}  // namespace weft
