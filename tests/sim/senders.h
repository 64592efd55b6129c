// Whose packet it is that a worker received or transmits: the client's number, of either direction
// of its flow, or that of a flood's packet.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"

namespace weft::sim {

class Senders {
 public:
  // The client sends a packet, or a datagram in these pieces.
  void on_send(uint32_t client, std::span<const test::Bytes> frames);
  // A sound packet of this client is on its way to an endpoint: answers go where it came from.
  void on_forwarded(uint32_t client, const test::Decoded& packet);
  // A piece of this datagram changed on its way into that one.
  void on_damage(const test::Decoded& before, const test::Decoded& after);

  // A checksum proves nothing of a datagram of which two pieces were damaged: two flipped bits may
  // make it right again.
  bool proved_by_checksum(const test::Decoded& piece) const;

  // By its token, or by its datagram's identification if it is a piece. What the gateway makes in a
  // client's place has none: by the number of its SYN, or by whom an endpoint sees there. Absent:
  // nobody's.
  std::optional<uint32_t> of(const test::Decoded& packet) const;
  // All that the gateway may take a damaged packet for: by its ports too.
  std::vector<uint32_t> maybe_of(const test::Decoded& packet) const;

 private:
  uint32_t clients_ = 0;                         // that have sent
  std::map<uint32_t, uint32_t> datagrams_;       // client by identification
  std::map<uint32_t, uint32_t> damaged_pieces_;  // by identification
  std::map<std::string, uint32_t> peers_;        // client by the two sides that an endpoint sees
};

}  // namespace weft::sim
