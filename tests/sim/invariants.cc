#include "tests/sim/invariants.h"

#include <fmt/format.h>

#include <algorithm>

#include "tests/sim/reassembly.h"

namespace weft::sim {

Invariants::Invariants(ClientAt client_at, Lives& lives, const SimulatedGateway& gateway,
                       Breaches& breaches)
    : client_at_(std::move(client_at)),
      lives_(lives),
      gateway_(gateway),
      breaches_(breaches),
      flows_(lives, gateway, breaches),
      ledger_(gateway, breaches) {}

void Invariants::on_transmit(uint32_t worker, const test::Decoded& frame, Instant now,
                             Instant by_worker) {
  ledger_.on_transmit();
  if (frame.version == 0) return;  // the kernel's, from the twin
  const FlowPacket packet{.worker = worker, .now = now, .by_worker = by_worker};
  const std::string* endpoint = lives_.at_mac(frame.destination_mac);
  if (endpoint != nullptr) return check_to_endpoint(*endpoint, frame, packet);
  check_to_client(frame, packet);
}

// Its flow may have ended by what the gateway took the damaged packet for, or begun.
void Invariants::excuse_flows(const test::Decoded& damaged) {
  flows_.on_damaged(client_number(damaged.source_port));
  flows_.on_damaged(client_number(damaged.destination_port));
  const bool piece = Reassembly::is_piece(damaged);
  const std::optional<Token> token = piece ? token_in(damaged.payload) : token_of(damaged);
  if (!token) return;
  // The damage may be to the port, which fullnat hides.
  constexpr uint32_t port_bits = 16;
  const uint32_t port = first_client_port + token->client;
  for (uint32_t bit = 0; bit < port_bits; ++bit) {
    flows_.on_damaged(client_number(static_cast<int>(port ^ 1u << bit)));
  }
  flows_.on_damaged(token->client);
}

// The gateway corrects checksums and never computes them anew: what was damaged on its way in stays
// so.
void Invariants::check_damaged(const test::Decoded& frame, const test::Decoded* inner) {
  ++damaged_;
  excuse_flows(frame);
  if (inner != nullptr) excuse_flows(*inner);
  // Each may have been duplicated behind the damage.
  if (damaged_ > 2 * gateway_.receive_fault_counts().corrupted) {
    breach(fmt::format("unsound frame to {}: {}", frame.destination,
                       frame.sound() ? inner->faults.front() : frame.faults.front()));
  }
}

// No checksum covers that of IPv6.
void Invariants::check_ttl(const test::Decoded& packet) {
  if (packet.ttl == sent_ttl - 1) return;
  if (packet.version == 6 && gateway_.receive_fault_counts().corrupted != 0) return;
  breach(fmt::format("with TTL {}", packet.ttl));
}

void Invariants::check_to_endpoint(const std::string& endpoint, const test::Decoded& frame,
                                   FlowPacket packet) {
  const Service& service = lives_.service_of(endpoint);
  const bool direct = service.forward == Forward::direct;
  if (frame.destination != (direct ? service.address : endpoint)) {
    return breach(fmt::format("a packet for {} to {}", frame.destination, endpoint));
  }
  const std::optional<test::Decoded> inner = unwrap(frame, service.forward);
  if (!inner) return breach("to an endpoint not as its mode says");
  if (!frame.sound() || !inner->sound()) return check_damaged(frame, &*inner);
  // What comes back without a flow is refused.
  if (service.forward == Forward::fullnat && is_refusal(*inner)) return;
  check_ttl(*inner);
  if (inner->fragment_offset_bytes != 0) return;  // it says nothing of its flow
  const bool piece = Reassembly::is_piece(*inner);
  // Only the whole datagram shows whether it was damaged.
  if (piece && gateway_.receive_fault_counts().corrupted != 0) return excuse_flows(*inner);
  const bool nat = is_nat(service.forward);
  if (nat && inner->destination_port != service.endpoint_port) breach("to the wrong L4 port");
  if (!nat && (inner->destination != service.address || inner->destination_port != service.port)) {
    breach(fmt::format("a packet for {}:{} in a tunnel for {}", inner->destination,
                       inner->destination_port, service.name));
  }
  const std::optional<Token> token = piece ? token_in(inner->payload) : token_of(*inner);
  if (!token) return breach("to an endpoint, and of nobody");
  packet.client = token->client;
  packet.service = &service;
  packet.tcp_flags = inner->flags;
  flows_.to_endpoint(packet, endpoint);
}

void Invariants::check_to_client(const test::Decoded& frame, FlowPacket packet) {
  if (!frame.sound()) return check_damaged(frame, nullptr);
  if (frame.destination_mac != router_mac) breach("to a MAC address that nobody has");
  if (frame.icmp_type >= 0) return check_error(frame);
  const Client* client = client_at_(frame.destination, frame.destination_port);
  if (client == nullptr) return breach("to nobody: " + frame.destination);
  const bool from_listener =
      frame.source == client->service().address && frame.source_port == client->service().port;
  if (!from_listener) breach("to a client from no listener of its: " + frame.source);
  if (!token_of(frame)) return;  // the gateway's own answer
  check_ttl(frame);
  packet.client = client->plan().number;
  packet.service = &client->service();
  packet.tcp_flags = frame.flags;
  flows_.to_client(packet);
}

// It quotes what the client sent.
void Invariants::check_error(const test::Decoded& frame) {
  const test::Decoded quoted = test::decode_ip(frame.payload, true);
  if (quoted.source == frame.destination) return;
  breach(fmt::format("ICMP to {} about a packet of {}", frame.destination, quoted.source));
}

void Invariants::on_moment(Instant now) {
  lives_.on_moment(now);
  ledger_.check_packets();
}

void Invariants::check_client(const Client& client, Instant now) {
  if (client.state() == Client::State::finished) return;
  if (!client.done()) return breach(client.name() + " never ends");
  if (excused(client)) return;
  breach(fmt::format("{} failed at {} ms ({}) and its endpoint was well", client.name(),
                     to_ms(now.time_since_epoch()), client.why()));
}

bool Invariants::excused(const Client& client) {
  const Service& service = client.service();
  const Instant start = client.plan().start;
  if (lives_.last_without_fit(service.name) >= start) return true;
  if (lives_.listener_absent_since(service.name, start)) return true;
  const FlowBook::Flow& flow = flows_.flow(client.plan().number);
  const bool none = flow.endpoint.empty();
  if (flows_.damaged(client.plan().number)) return true;
  if (none ? gateway_.pressure().any() : gateway_.pressure() != flow.at_first) return true;
  return std::ranges::any_of(service.all_endpoints(), [&](const std::string& address) {
    const bool used = none || flow.endpoint == address || flow.since > start;
    return used && std::max(lives_.last_dead(address), lives_.last_down(address)) >= start;
  });
}

void Invariants::check_end() {
  lives_.check_end();
  ledger_.check_end();
}

}  // namespace weft::sim
