#include "tests/sim/senders.h"

#include <fmt/format.h>

#include "tests/sim/client.h"
#include "tests/sim/reassembly.h"
#include "tests/sim/token.h"

namespace weft::sim {

void Senders::on_send(uint32_t client, std::span<const test::Bytes> frames) {
  if (frames.size() > 1) datagrams_[test::decode(frames.front()).identification] = client;
}

static std::string source_of(const std::string& address, int port) {
  return fmt::format("{}:{}", address, port);
}

void Senders::on_forwarded(uint32_t client, const test::Decoded& packet) {
  if (packet.fragment_offset_bytes != 0) return;  // it has no ports
  sources_[source_of(packet.source, packet.source_port)] = client;
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
  const std::optional<Token> token = token_of(packet);
  return token ? std::optional(token->client) : std::nullopt;
}

std::vector<uint32_t> Senders::maybe_of(const test::Decoded& packet) const {
  std::vector<uint32_t> clients{client_number(packet.source_port),
                                client_number(packet.destination_port)};
  if (const auto client = of(packet)) clients.push_back(*client);
  const auto source = sources_.find(source_of(packet.destination, packet.destination_port));
  if (source != sources_.end()) clients.push_back(source->second);
  return clients;
}

}  // namespace weft::sim
