#include "tests/sim/flow_book.h"

#include <fmt/format.h>

#include "dataplane/wire/headers.h"

namespace weft::sim {

// What a worker's clock may be behind.
static constexpr Duration slack = milliseconds(40);

// Or about to be: a FIN does that before its packet leaves.
static bool closing(const FlowBook::Flow& flow) {
  return flow.reset || flow.client_closed || flow.endpoint_closed;
}

static Duration timeout_of(const FlowBook::Flow& flow, const Service& service) {
  if (service.protocol == Protocol::udp) return udp_timeout;
  if (closing(flow)) return closing_timeout;
  return flow.established ? established_timeout : half_open_timeout;
}

static bool may_be_evicted(const FlowBook::Flow& flow, const Service& service) {
  return service.protocol == Protocol::udp || !flow.established || closing(flow);
}

const FlowBook::Flow& FlowBook::flow(uint32_t client) {
  if (client >= flows_.size()) flows_.resize(client + 1);
  return flows_[client];
}

void FlowBook::on_large(uint32_t client, Instant now) {
  flow(client);
  if (!flows_[client].begun) flows_[client].begun = now;
  lives_.see_healthy(now);
}

bool FlowBook::outlived_entry(const Flow& flow, const FlowPacket& packet) const {
  const Duration silent = packet.by_worker - flow.last_by_worker;
  return silent + slack > timeout_of(flow, *packet.service);
}

bool FlowBook::was_evicted(const Flow& flow, const FlowPacket& packet) const {
  const TablePressure pressure = gateway_.pressure(packet.worker, *packet.service);
  if (pressure.evicted == flow.at_last.evicted) return false;
  // What ended the flow may have been lost with it.
  const bool lost = flow.shifted && pressure.streams_lost != flow.at_last.streams_lost;
  return lost || may_be_evicted(flow, *packet.service);
}

void FlowBook::on_answer_to(uint32_t other, const FlowPacket& packet) {
  const Flow& had = flow(other);
  const bool gone = had.may_lack_entry || outlived_entry(had, packet) || was_evicted(had, packet);
  flow(packet.client);
  if (gone) flows_[packet.client].inherits = true;
}

void FlowBook::on_refused(const FlowPacket& packet) {
  flow(packet.client);
  Flow& flow = flows_[packet.client];
  // An answer that came in the turn in which the client tried again may have been first.
  const bool just_renewed = flow.renewed == packet.now;
  if (flow.may_lack_entry || just_renewed || outlived_entry(flow, packet)) flow.refused = true;
}

// Whether this packet may have found none.
void FlowBook::look_for_entry(Flow& flow, const FlowPacket& packet) const {
  const Service& service = *packet.service;
  const Duration silent = packet.by_worker - flow.last_by_worker;
  const bool outlived = outlived_entry(flow, packet);
  if (outlived) flow.renewed = packet.now;
  if (outlived || was_evicted(flow, packet)) flow.may_lack_entry = true;
  const bool evicted =
      gateway_.pressure(packet.worker, service).evicted != flow.at_last.evicted;  // some flow
  // A damaged packet may have said FIN or RST.
  const bool ended = damaged(packet.client) && (evicted || silent + slack > closing_timeout);
  const bool absent = lives_.listener_absent_since(service.name, flow.since);
  flow.torn = flow.torn || (flow.shifted && (flow.may_lack_entry || ended || absent));
  flow.at_last = gateway_.pressure_before_turn(packet.worker, service);
  flow.last_by_worker = packet.by_worker;
}

FlowBook::Flow& FlowBook::note(const FlowPacket& packet) {
  flow(packet.client);
  Flow& flow = flows_[packet.client];
  if (flow.packets++ == 0) {
    flow.worker = packet.worker;
    if (!flow.asked) flow.at_first = gateway_.pressure_before_turn(packet.worker, *packet.service);
  }
  if (flow.worker != packet.worker) {
    breaches_.add(fmt::format("a flow of {} leaves by worker {} and by worker {}",
                              packet.service->name, flow.worker, packet.worker));
  }
  look_for_entry(flow, packet);
  if ((packet.tcp_flags & tcp_flag::rst) != 0) flow.reset = true;
  return flow;
}

// Whichever of two answers to its SYN a client takes, a packet of the other may come first.
void FlowBook::on_cookie(const FlowPacket& packet) {
  flow(packet.client);
  Flow& flow = flows_[packet.client];
  if (flow.packets == 0 && !flow.asked) {
    flow.at_first = gateway_.pressure_before_turn(packet.worker, *packet.service);
  }
  flow.asked = true;
  if (!flow.endpoint.empty()) flow.torn = true;
}

void FlowBook::to_client(const FlowPacket& packet) {
  Flow& flow = note(packet);
  if ((packet.tcp_flags & tcp_flag::fin) != 0) flow.endpoint_closed = true;
}

void FlowBook::to_endpoint(const FlowPacket& packet, const std::string& endpoint) {
  Flow& flow = note(packet);
  flow.visited[endpoint] = packet.now;
  if ((packet.tcp_flags & tcp_flag::fin) != 0) flow.client_closed = true;
  const bool syn = (packet.tcp_flags & tcp_flag::syn) != 0;
  if (syn && flow.asked && !packet.made) flow.torn = true;
  // What comes before the packet that brings a cookie is of no connection.
  if (packet.later && flow.asked && !flow.shifted) flow.torn = true;
  flow.shifted = flow.shifted || packet.made || packet.service->header != ClientAddress::none;
  // It was given its endpoint at an unknown time.
  if (lives_.may_wait(endpoint)) {
    flow.unsure = true;
    return;
  }
  // What answers an endpoint's part of a handshake is nothing that a client sent.
  const bool answers = packet.made && !syn;
  if (gateway_.state(endpoint) == EndpointState::down && !answers) {
    breaches_.add(fmt::format("client {} of {} sent to {}, known to be down", packet.client,
                              packet.service->name, endpoint));
  }
  const bool moves = flow.endpoint != endpoint;
  if (moves) place(flow, packet, endpoint);
  flow.begun.reset();
  const bool anew = moves || flow.unsure || flow.may_lack_entry;
  const bool attacked = gateway_.under_attack(packet.worker);
  // Who brought a cookie is established, and who is seen first in mid-flow of an attack is not.
  if (anew || !syn) flow.established = syn ? packet.made : !(anew && attacked);
  if (anew) {
    const TablePressure pressure = gateway_.pressure(packet.worker, *packet.service);
    flow.may_lack_entry = pressure.refused != flow.at_last.refused ||
                          pressure.unremembered != flow.at_last.unremembered;
  }
  flow.torn = flow.torn || (flow.shifted && flow.moves != 0);
  flow.unsure = false;
}

void FlowBook::place(Flow& flow, const FlowPacket& packet, const std::string& endpoint) {
  if (!flow.unsure && !damaged(packet.client)) check_new(flow, packet, endpoint);
  if (!flow.endpoint.empty()) {
    ++moves_;
    ++flow.moves;
    if (!may_move(flow, packet)) {
      breaches_.add(fmt::format("client {} of {} moved from {}, never down since, to {}",
                                packet.client, packet.service->name, flow.endpoint, endpoint));
    }
    flow.client_closed = (packet.tcp_flags & tcp_flag::fin) != 0;
    flow.endpoint_closed = flow.reset = false;
  }
  flow.endpoint = endpoint;
  flow.since = packet.now;
}

// The flow may be older than its first packet that went on.
void FlowBook::check_new(const Flow& flow, const FlowPacket& packet,
                         const std::string& endpoint) const {
  const Instant begun = flow.begun.value_or(packet.now);
  const bool healthy =
      gateway_.state(endpoint) == EndpointState::healthy || lives_.last_healthy(endpoint) >= begun;
  if (!healthy) {
    breaches_.add(fmt::format("new flow of client {} of {} sent to {}, not healthy", packet.client,
                              packet.service->name, endpoint));
  }
  lives_.on_new_flow(endpoint, begun);
}

bool FlowBook::may_move(const Flow& flow, const FlowPacket& packet) const {
  const std::string& from = flow.endpoint;
  if (gateway_.state(from) == EndpointState::down || lives_.last_down(from) >= flow.since) {
    return true;
  }
  if (flow.unsure || damaged(packet.client) || lives_.may_wait(from)) return true;
  return flow.may_lack_entry || lives_.listener_absent_since(packet.service->name, flow.since);
}

}  // namespace weft::sim
