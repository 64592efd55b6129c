#include "tests/sim/senders.h"

#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>

#include "dataplane/wire/headers.h"
#include "tests/sim/client.h"
#include "tests/sim/flood.h"
#include "tests/sim/reassembly.h"
#include "tests/sim/tcp_end.h"
#include "tests/sim/token.h"

namespace weft::sim {

void Senders::on_send(uint32_t client, std::span<const test::Bytes> frames) {
  clients_ = std::max(clients_, client + 1);
  if (frames.size() < 2) return;
  const test::Decoded first = test::decode(frames.front());
  if (Reassembly::is_piece(first)) datagrams_[first.identification] = client;
}

static std::string sides_of(const std::string& peer, int peer_port, const std::string& endpoint,
                            int endpoint_port) {
  return fmt::format("{}:{} {}:{}", peer, peer_port, endpoint, endpoint_port);
}

// Of a packet to an endpoint, and of one from there.
static std::string sides_there(const test::Decoded& packet) {
  return sides_of(packet.source, packet.source_port, packet.destination, packet.destination_port);
}
static std::string sides_back(const test::Decoded& packet) {
  return sides_of(packet.destination, packet.destination_port, packet.source, packet.source_port);
}

void Senders::on_forwarded(uint32_t client, const test::Decoded& packet) {
  if (packet.fragment_offset_bytes != 0) return;  // it has no ports
  peers_[sides_there(packet)] = client;
}

// No checksum covers the identification in IPv6.
void Senders::on_damage(const test::Decoded& before, const test::Decoded& after) {
  if (!Reassembly::is_piece(before)) return;
  ++damaged_pieces_[after.identification];
  const auto client = datagrams_.find(before.identification);
  if (client == datagrams_.end()) return;
  datagrams_.emplace(after.identification, client->second);
}

bool Senders::proved_by_checksum(const test::Decoded& piece) const {
  const auto damaged = damaged_pieces_.find(piece.identification);
  return damaged == damaged_pieces_.end() || damaged->second < 2;
}

std::optional<uint32_t> Senders::of(const test::Decoded& packet) const {
  if (Reassembly::is_piece(packet)) {
    const auto client = datagrams_.find(packet.identification);
    return client == datagrams_.end() ? std::nullopt : std::optional(client->second);
  }
  if (const std::optional<Token> token = token_of(packet)) return token->client;
  if (packet.protocol != IPPROTO_TCP) return std::nullopt;
  if ((packet.flags & tcp_flag::syn) != 0) {
    const uint32_t number = number_of_isn(packet.sequence);
    return number < clients_ || Flood::is_its(number) ? std::optional(number) : std::nullopt;
  }
  const auto peer = peers_.find(sides_there(packet));
  return peer == peers_.end() ? std::nullopt : std::optional(peer->second);
}

std::vector<uint32_t> Senders::maybe_of(const test::Decoded& packet) const {
  std::vector<uint32_t> clients{client_number(packet.source_port),
                                client_number(packet.destination_port)};
  if (const auto client = of(packet)) clients.push_back(*client);
  const auto peer = peers_.find(sides_back(packet));
  if (peer != peers_.end()) clients.push_back(peer->second);
  return clients;
}

}  // namespace weft::sim
