#include "tests/sim/token.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <span>

#include "tests/sim/tcp_options.h"

namespace weft::sim {

using Raw = std::array<uint8_t, Token::bytes>;

static void put(Raw& raw, std::size_t at, std::size_t count, uint32_t value) {
  for (std::size_t i = 0; i < count; ++i) {
    raw[at + i] = static_cast<uint8_t>(value >> 8 * (count - 1 - i));
  }
}

static uint32_t get(std::span<const uint8_t> raw, std::size_t at, std::size_t count) {
  uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | raw[at + i];
  return value;
}

static uint32_t check_of(const Token& token) {
  uint64_t h = token.client * 0x9e3779b97f4a7c15u ^ (token.request << 16 | token.endpoint);
  h = (h ^ h >> 31) * 0xbf58476d1ce4e5b9u;
  return static_cast<uint32_t>(h >> 32);
}

Raw Token::raw() const {
  Raw raw;
  put(raw, 0, 4, client);
  put(raw, 4, 2, request);
  put(raw, 6, 2, endpoint);
  put(raw, 8, 4, check_of(*this));
  return raw;
}

std::optional<Token> Token::parse(std::span<const uint8_t> raw) {
  const Token token{get(raw, 0, 4), get(raw, 4, 2), get(raw, 6, 2)};
  if (get(raw, 8, 4) != check_of(token)) return std::nullopt;
  return token;
}

static std::byte payload_byte(const Token& token, std::size_t at) {
  return static_cast<std::byte>(token.client * 31 + token.request * 7 + token.endpoint + at);
}

void put_datagram(test::FrameBuilder& frame, const Token& token, std::size_t payload_bytes) {
  test::Bytes payload;
  for (const uint8_t byte : token.raw()) payload.push_back(std::byte{byte});
  for (std::size_t i = 0; i < payload_bytes; ++i) payload.push_back(payload_byte(token, i));
  frame.payload(std::move(payload));
}

std::optional<Token> token_in(std::span<const std::byte> udp_payload) {
  if (udp_payload.size() < Token::bytes) return std::nullopt;
  Raw raw;
  std::ranges::transform(udp_payload.first(Token::bytes), raw.begin(),
                         [](std::byte byte) { return std::to_integer<uint8_t>(byte); });
  return Token::parse(raw);
}

std::optional<Token> token_of(const test::Decoded& packet) {
  if (packet.protocol != IPPROTO_UDP) return TcpOptions::parse(packet.tcp_options).token;
  const std::optional<Token> token = token_in(packet.payload);
  if (!token) return std::nullopt;
  const auto rest = std::span(packet.payload).subspan(Token::bytes);
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] != payload_byte(*token, i)) return std::nullopt;
  }
  return token;
}

}  // namespace weft::sim
