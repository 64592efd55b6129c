#include "tests/sim/invariants.h"

#include <fmt/format.h>

#include <algorithm>

namespace weft::sim {

// Probes that were on their way when an endpoint came back may still count against it.
static constexpr Duration blame_max = seconds(1);
static constexpr int protocol_icmp = 1;
static constexpr int protocol_ipip = 4;

Invariants::Invariants(const std::vector<Service>& services, Alive alive, State state)
    : services_(services), alive_(std::move(alive)), state_(std::move(state)) {
  for (const Service& service : services_) {
    last_without_fit_[service.name] = Instant::min();
    for (const std::string& address : service.endpoints) lives_[address].service = &service;
  }
}

void Invariants::on_transmit(const test::Decoded& frame, Instant now) {
  ++frames_;
  for (const std::string& fault : frame.faults) breach("unsound frame: " + fault);
  if (const auto life = lives_.find(frame.destination); life != lives_.end()) {
    return check_to_endpoint(frame, life->second, now);
  }
  check_to_client(frame);
}

void Invariants::check_to_endpoint(const test::Decoded& frame, const Life& life, Instant now) {
  const Service& service = *life.service;
  if (frame.destination_mac != endpoint_mac(frame.destination)) breach("to the wrong neighbour");
  if (service.forward == Forward::nat) {
    if (frame.destination_port != service.endpoint_port) breach("to the wrong L4 port");
    const std::string client = fmt::format("{}:{}", frame.source, frame.source_port);
    return check_flow(service.name + " " + client, frame.destination, now);
  }
  if (frame.protocol != protocol_ipip) return breach("to an ipip endpoint without a tunnel");
  const test::Decoded inner = test::decode_ip(frame.payload);
  for (const std::string& fault : inner.faults) breach("unsound inner packet: " + fault);
  if (inner.destination != service.address || inner.destination_port != service.port) {
    breach("the tunnel changed whom the packet is for");
  }
  const std::string client = fmt::format("{}:{}", inner.source, inner.source_port);
  check_flow(service.name + " " + client, frame.destination, now);
}

void Invariants::check_flow(const std::string& flow, const std::string& endpoint, Instant now) {
  const EndpointState state = state_(endpoint);
  if (state == EndpointState::down) {
    breach(fmt::format("{} sent to {}, known to be down", flow, endpoint));
  }
  const auto known = flows_.find(flow);
  if (known != flows_.end() && known->second.endpoint == endpoint) return;
  if (state != EndpointState::healthy) {
    breach(fmt::format("new flow {} sent to {}, not healthy", flow, endpoint));
  }
  if (known != flows_.end()) {
    ++moves_;
    const auto& [from, since] = known->second;
    if (lives_.at(from).last_down < since && state_(from) != EndpointState::down) {
      breach(fmt::format("{} moved from {}, never down since, to {}", flow, from, endpoint));
    }
  }
  flows_[flow] = {endpoint, now};
}

void Invariants::check_to_client(const test::Decoded& frame) {
  if (!frame.destination.starts_with("198.51.100."))
    return breach("to nobody: " + frame.destination);
  if (frame.destination_mac != router_mac) breach("to a client, but not by the router");
  if (frame.protocol == protocol_icmp) return;
  const bool from_listener = std::ranges::any_of(services_, [&](const Service& service) {
    return service.address == frame.source && service.port == frame.source_port;
  });
  if (!from_listener) breach("to a client from no listener: " + frame.source);
}

void Invariants::on_moment(Instant now) {
  std::map<std::string, uint32_t> fit;
  for (auto& [address, life] : lives_) {
    const EndpointState state = state_(address);
    if (!alive_(address)) life.last_dead = now;
    if (state == EndpointState::healthy) {
      life.was_healthy = true;
      ++fit[life.service->name];
    }
    if (state != EndpointState::down) continue;
    if (life.was_healthy &&
        (life.last_dead == Instant::min() || now - life.last_dead > blame_max)) {
      breach(address + " is down although it answers its probes");
    }
    life.last_down = now;
  }
  for (auto& [name, last] : last_without_fit_) {
    if (fit[name] == 0) last = now;
  }
}

void Invariants::check_client(const Client& client, Instant now) {
  if (client.state() == Client::State::finished) return;
  const Service& service = client.service();
  if (!client.done()) return breach(fmt::format("client {} never ends", client.name()));
  if (last_without_fit_.at(service.name) >= client.start()) return;
  const bool excused = std::ranges::any_of(service.endpoints, [&](const std::string& address) {
    const Life& life = lives_.at(address);
    const auto flow = flows_.find(service.name + " " + client.name());
    const bool used = flow == flows_.end() || flow->second.endpoint == address ||
                      flow->second.since > client.start();
    return used && std::max(life.last_dead, life.last_down) >= client.start();
  });
  if (excused) return;
  breach(fmt::format("client {} of {} failed at {} ms ({}) and its endpoint was well",
                     client.name(), service.name, to_ms(now.time_since_epoch()), client.why()));
}

void Invariants::check_end(const SimulatedGateway& gateway) {
  for (const auto& [address, life] : lives_) {
    if (state_(address) == EndpointState::down) breach(address + " is back but still down");
  }
  if (gateway.buffers_out() != 0) {
    breach(fmt::format("{} buffers were not returned", gateway.buffers_out()));
  }
  check_counters(gateway);
}

void Invariants::check_counters(const SimulatedGateway& gateway) {
  uint64_t in = 0, out = gateway.rings().packets(), transmitted = 0, received = 0;
  for (uint32_t worker = 0; worker < SimulatedGateway::workers; ++worker) {
    const WorkerCounters& counters = gateway.counters(worker);
    in += counters.turn.answered.read();
    for (const Counter& dropped : counters.dropped) out += dropped.read();
    for (const InterfaceCounters& interface : counters.interfaces) {
      received += interface.receive_packets.read();
      transmitted += interface.transmit_packets.read();
      in += interface.from_twin_packets.read();
      out += interface.to_twin_packets.read();
    }
  }
  if (in + received != out + transmitted) {
    breach(fmt::format("counters: {} in, {} out", in + received, out + transmitted));
  }
  if (transmitted != frames_) {
    breach(fmt::format("counters: {} transmitted, {} seen", transmitted, frames_));
  }
  const FaultCounts faults = gateway.fault_counts();
  if (faults.entered + faults.duplicated != faults.lost + faults.overflowed + faults.left) {
    breach("frames are still on their way");
  }
}

}  // namespace weft::sim
