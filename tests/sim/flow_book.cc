#include "tests/sim/flow_book.h"

#include <fmt/format.h>

#include "dataplane/wire/headers.h"

namespace weft::sim {

// What a worker's clock and its sweep may be behind.
static constexpr Duration slack = milliseconds(40);

static Duration timeout_of(const FlowBook::Flow& flow, const Service& service) {
  if (service.protocol == Protocol::udp) return udp_timeout;
  if (flow.closing) return closing_timeout;
  return flow.established ? established_timeout : half_open_timeout;
}

const FlowBook::Flow& FlowBook::flow(uint32_t client) {
  if (client >= flows_.size()) flows_.resize(client + 1);
  return flows_[client];
}

void FlowBook::note(Flow& flow, const FlowPacket& packet) {
  if (flow.packets == 0) {
    flow.worker = packet.worker;
    flow.at_first = gateway_.pressure();
  }
  if (flow.packets++ == 1) flow.at_second = gateway_.pressure();
  if (flow.worker != packet.worker) {
    breaches_.add(fmt::format("a flow of {} leaves by worker {} and by worker {}",
                              packet.service->name, flow.worker, packet.worker));
  }
  if ((packet.tcp_flags & (tcp_flag::fin | tcp_flag::rst)) != 0) flow.closing = true;
  // An answer may find its way without an entry, and does not make one.
  const Duration silent = packet.by_worker - flow.last_by_worker;
  flow.expired = flow.expired || silent + slack > timeout_of(flow, *packet.service);
  flow.last_by_worker = packet.by_worker;
}

void FlowBook::to_client(const FlowPacket& packet) {
  flow(packet.client);
  note(flows_[packet.client], packet);
}

void FlowBook::to_endpoint(const FlowPacket& packet, const std::string& endpoint) {
  flow(packet.client);
  Flow& flow = flows_[packet.client];
  const bool waited = lives_.may_wait(endpoint, packet.now);
  const EndpointState state = gateway_.state(endpoint);
  if (state == EndpointState::down && !waited) {
    breaches_.add(fmt::format("client {} of {} sent to {}, known to be down", packet.client,
                              packet.service->name, endpoint));
  }
  if (flow.endpoint != endpoint) {
    if (state != EndpointState::healthy && !waited && !damaged(packet.client)) {
      breaches_.add(fmt::format("new flow of client {} of {} sent to {}, not healthy",
                                packet.client, packet.service->name, endpoint));
    }
    if (!waited && !damaged(packet.client)) lives_.on_new_flow(endpoint, packet.now);
    if (!flow.endpoint.empty()) {
      ++moves_;
      if (!waited && !may_move(flow, packet)) {
        breaches_.add(fmt::format("client {} of {} moved from {}, never down since, to {}",
                                  packet.client, packet.service->name, flow.endpoint, endpoint));
      }
      flow.established = flow.closing = false;
    }
    flow.endpoint = endpoint;
    flow.since = packet.now;
  }
  if ((packet.tcp_flags & tcp_flag::syn) == 0) flow.established = true;
  note(flow, packet);
  flow.expired = false;
}

bool FlowBook::may_move(const Flow& flow, const FlowPacket& packet) const {
  const std::string& from = flow.endpoint;
  if (gateway_.state(from) == EndpointState::down || lives_.last_down(from) >= flow.since) {
    return true;
  }
  if (damaged(packet.client) || lives_.may_wait(from, packet.now)) return true;
  if (lives_.listener_absent_since(packet.service->name, flow.since)) return true;
  const Duration silent = packet.by_worker - flow.last_by_worker;
  if (flow.expired || silent + slack > timeout_of(flow, *packet.service)) return true;
  // A full table has no entry for some, and takes the entries of those that are not established.
  if (flow.packets == 1 || flow.at_second.refused != flow.at_first.refused) {
    if (gateway_.pressure().refused != flow.at_first.refused) return true;
  }
  const bool established = packet.service->protocol == Protocol::tcp && flow.established;
  return (!established || flow.closing) && gateway_.pressure().evicted != flow.at_first.evicted;
}

}  // namespace weft::sim
