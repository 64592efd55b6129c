#include "tests/sim/invariants.h"

#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>

#include "dataplane/wire/headers.h"

#include "tests/sim/reassembly.h"

namespace weft::sim {

Invariants::Invariants(ClientAt client_at, Senders& senders, const Flood& flood, Lives& lives,
                       const SimulatedGateway& gateway, Breaches& breaches)
    : client_at_(std::move(client_at)),
      senders_(senders),
      flood_(flood),
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

// The flow of what the gateway takes it for may end by it, or begin.
void Invariants::on_damage(const test::Decoded& before, const test::Decoded& after) {
  senders_.on_damage(before, after);
  pieces_.on_damage(before, after);
  for (const uint32_t client : senders_.maybe_of(before)) flows_.on_damaged(client);
  for (const uint32_t client : senders_.maybe_of(after)) flows_.on_damaged(client);
}

void Invariants::on_damage_behind(const test::Decoded& before) {
  const std::string* endpoint = lives_.at_mac(before.destination_mac);
  if (endpoint == nullptr) return;
  const auto inner = unwrap(before, lives_.service_of(*endpoint).forward);
  if (inner) senders_.on_damage(*inner, *inner);
}

void Invariants::on_receive(std::span<const std::byte> frame, Instant now, Instant by_all_clocks) {
  pieces_.on_receive(frame, by_all_clocks);
  constexpr std::size_t fits_everywhere_bytes = 1400;
  if (frame.size() <= fits_everywhere_bytes) return;
  if (const auto client = senders_.of(test::decode(frame))) flows_.on_large(*client, now);
}

// The gateway corrects checksums and never computes them anew: what was damaged on its way in stays
// so.
void Invariants::check_damaged(const test::Decoded& frame, const test::Decoded* inner) {
  ++damaged_;
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
  if (is_refusal(*inner)) return check_refused(endpoint, *inner, packet);
  check_ttl(*inner);
  const std::optional<uint32_t> client = senders_.of(*inner);
  if (!client) return breach("to an endpoint, and of nobody");
  if (Flood::is_its(*client)) return check_stranger(endpoint, *inner);
  // Only the whole datagram shows whether it was damaged.
  if (Reassembly::is_piece(*inner) && flows_.damaged(*client)) return;
  check_sides(service, *inner);
  if (is_nat(service.forward)) senders_.on_forwarded(*client, *inner);
  packet.client = *client;
  packet.service = &service;
  packet.tcp_flags = inner->flags;
  if (service.protocol == Protocol::tcp) {
    packet.made = !token_of(*inner);
    packet.later = inner->sequence - isn_of(*client) > 1;
  }
  flows_.to_endpoint(packet, endpoint);
}

void Invariants::check_stranger(const std::string& endpoint, const test::Decoded& inner) {
  const Service& service = lives_.service_of(endpoint);
  check_sides(service, inner);
  if (gateway_.state(endpoint) == EndpointState::down && !lives_.may_wait(endpoint)) {
    breach(fmt::format("a flood of {} sent to {}, known to be down", service.name, endpoint));
  }
  if (!token_of(inner)) breach("a flow began by a cookie that was none, or too old");
}

// A tunnel changes nothing of the inner packet.
void Invariants::check_sides(const Service& service, const test::Decoded& inner) {
  const bool has_ports = inner.fragment_offset_bytes == 0;
  const int port = is_nat(service.forward) ? service.endpoint_port : service.port;
  if (has_ports && inner.destination_port != port) breach("to the wrong L4 port");
  if (!is_nat(service.forward) && inner.destination != service.address) {
    breach(fmt::format("a packet for {} in a tunnel for {}", inner.destination, service.name));
  }
}

// What comes back from an endpoint without a flow (fullnat), or damaged so that it may not go on.
void Invariants::check_refused(const std::string& endpoint, const test::Decoded& frame,
                               FlowPacket packet) {
  const bool fullnat = lives_.service_of(endpoint).forward == Forward::fullnat;
  if (const auto seen_as = fullnat ? senders_.of(frame) : std::nullopt) {
    packet.client = *seen_as;
    packet.service = &lives_.service_of(endpoint);
    flows_.on_refused(packet);
  }
  if (frame.icmp_type < 0) {
    const Client* client = client_at_(frame.source, frame.source_port);
    const bool asked = client != nullptr && flows_.flow(client->plan().number).asked;
    if (!fullnat && !asked) breach("a reset to " + endpoint);
    return;
  }
  const test::Decoded quoted = test::decode_ip(frame.payload, true);
  if (quoted.source != endpoint) breach("ICMP to an endpoint about what it did not send");
  if (!fullnat && !flows_.damaged(client_number(quoted.destination_port))) {
    breach("ICMP to an endpoint about a sound packet");
  }
}

void Invariants::check_to_client(const test::Decoded& frame, FlowPacket packet) {
  if (!frame.sound()) return check_damaged(frame, nullptr);
  if (frame.destination_mac != router_mac) breach("to a MAC address that nobody has");
  if (frame.icmp_type >= 0) return check_error(frame);
  const Client* client = client_at_(frame.destination, frame.destination_port);
  if (client == nullptr) {
    if (!flood_.is_answer(frame)) breach("to nobody: " + frame.destination);
    return;
  }
  const bool from_listener =
      frame.source == client->service().address && frame.source_port == client->service().port;
  if (!from_listener) breach("to a client from no listener of its: " + frame.source);
  packet.client = client->plan().number;
  packet.service = &client->service();
  packet.tcp_flags = frame.flags;
  const std::optional<Token> token = token_of(frame);
  if (!token) return check_own_answer(*client, frame, packet);
  const bool another = token->client != packet.client;
  if (another && packet.service->forward == Forward::fullnat) {
    flows_.on_answer_to(token->client, packet);
  }
  check_ttl(frame);
  flows_.to_client(packet);
}

// A reset, or a cookie in an endpoint's place.
void Invariants::check_own_answer(const Client& client, const test::Decoded& frame,
                                  const FlowPacket& packet) {
  if ((frame.flags & tcp_flag::rst) != 0 || client.service().protocol == Protocol::udp) return;
  constexpr int answer = tcp_flag::syn | tcp_flag::ack;
  if (frame.flags != answer || !is_nat(client.service().forward) ||
      !gateway_.under_attack(packet.worker)) {
    return breach(fmt::format("{} is sent what nobody has sent", client.name()));
  }
  if (frame.acknowledgment != client.tcp().ours().isn + 1) breach("a cookie for another SYN");
  flows_.on_cookie(packet);
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

bool Invariants::torn(uint32_t client) {
  const FlowBook::Flow& flow = flows_.flow(client);
  return flow.torn || flow.visited.size() > 1;
}

bool Invariants::inherits(uint32_t client) {
  return flows_.flow(client).inherits;
}

// By a cookie, of timestamps that an endpoint does not have.
bool Invariants::promised_too_much(const Client& client, const FlowBook::Flow& flow) const {
  if (!client.by_cookie() || !client.tcp().ours().timestamps) return false;
  return std::ranges::any_of(flow.visited, [&](const auto& visit) {
    return !traits_of_endpoint(lives_.number_of(visit.first), false).timestamps;
  });
}

// A client gives up after many tries; the network alone does not swallow them all. One that was
// refused may have suffered from whatever happened to its flow.
bool Invariants::excused(const Client& client) {
  const Service& service = client.service();
  const Instant since = client.gave_up() ? client.last_progress() : client.plan().start;
  if (lives_.last_without_fit(service.name) >= since) return true;
  if (lives_.listener_absent_since(service.name, since)) return true;
  const FlowBook::Flow& flow = flows_.flow(client.plan().number);
  if (flow.torn || client.confused()) return true;
  if (!client.gave_up() && promised_too_much(client, flow)) return true;
  const bool moved = flow.visited.size() > 1;
  const bool suffered = moved || flow.refused || flows_.damaged(client.plan().number);
  if (!client.gave_up() && suffered) return true;
  const bool silent = client.gave_up() && since == client.plan().start;  // all the time
  const bool none = flow.endpoint.empty();
  const bool pressed = none || silent ? gateway_.pressure() != TablePressure{}
                                      : gateway_.pressure(flow.worker, service) != flow.at_first;
  if (pressed && (!client.gave_up() || is_nat(service.forward))) return true;
  return std::ranges::any_of(service.all_endpoints(), [&](const std::string& address) {
    const auto visit = flow.visited.find(address);
    const bool used = none || (visit != flow.visited.end() && visit->second >= since);
    return used && std::max(lives_.last_dead(address), lives_.last_down(address)) >= since;
  });
}

void Invariants::on_jump() {
  overtaken_ += gateway_.rings().packets();
  for (uint32_t worker = 0; worker < SimulatedGateway::workers; ++worker) {
    overtaken_ += gateway_.packets_held(worker);
  }
}

void Invariants::check_pieces() {
  uint64_t given_up = 0, lost = 0;
  for (uint32_t worker = 0; worker < SimulatedGateway::workers; ++worker) {
    const DropCounters& dropped = gateway_.counters(worker).dropped;
    given_up += dropped[static_cast<std::size_t>(Drop::fragment_timeout)].read();
    lost += dropped[static_cast<std::size_t>(Drop::handoff_full)].read();
  }
  const uint64_t orphans = pieces_.orphans_max() + overtaken_;
  if (lost != 0 || given_up <= orphans) return;
  breach(fmt::format("{} pieces were given up on, {} had no first one", given_up, orphans));
}

void Invariants::check_end() {
  check_pieces();
  lives_.check_end();
  ledger_.check_end();
}

}  // namespace weft::sim
