// What every packet of a simulated connection carries: whose it is, of which request, and who
// answered. TCP carries it in an option (kind 254, for experiments: RFC 4727), UDP in front of its
// payload, the rest of which follows from it. So whoever gets a sound packet can tell that it is
// what was sent. What TCP carries follows from its place in the stream (tcp_end.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"

namespace weft::sim {

struct Token {
  static constexpr uint32_t nobody = UINT16_MAX;
  static constexpr std::size_t bytes = 12;

  uint32_t client = 0;         // its number
  uint32_t request = 0;        // its number, 16 bits
  uint32_t endpoint = nobody;  // the number of who answered, 16 bits

  std::array<uint8_t, bytes> raw() const;
  // Absent: not as it was sent. Requires: that many bytes.
  static std::optional<Token> parse(std::span<const uint8_t> raw);
};

// Into a frame that has its UDP header, with as much payload besides.
void put_datagram(test::FrameBuilder& frame, const Token& token, std::size_t payload_bytes);

// Absent: there is none, or not as it was sent.
std::optional<Token> token_in(std::span<const std::byte> udp_payload);
std::optional<Token> token_of(const test::Decoded& packet);

}  // namespace weft::sim
