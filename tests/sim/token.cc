#include "tests/sim/token.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

namespace weft::sim {

static constexpr uint8_t option_kind = 254;
static constexpr uint8_t option_bytes = 2 + 2 + Token::bytes;
static constexpr std::array<uint8_t, 2> option_name = {'W', 'F'};

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

static Raw raw_of(const Token& token) {
  Raw raw;
  put(raw, 0, 4, token.client);
  put(raw, 4, 2, token.request);
  put(raw, 6, 2, token.endpoint);
  put(raw, 8, 4, check_of(token));
  return raw;
}

static std::optional<Token> parse(std::span<const uint8_t> raw) {
  const Token token{get(raw, 0, 4), get(raw, 4, 2), get(raw, 6, 2)};
  if (get(raw, 8, 4) != check_of(token)) return std::nullopt;
  return token;
}

static std::byte payload_byte(const Token& token, std::size_t at) {
  return static_cast<std::byte>(token.client * 31 + token.request * 7 + token.endpoint + at);
}

void put_token(test::FrameBuilder& frame, const Token& token, bool udp, std::size_t payload_bytes) {
  const Raw raw = raw_of(token);
  test::Bytes payload;
  if (udp) {
    std::ranges::transform(raw, std::back_inserter(payload),
                           [](uint8_t byte) { return std::byte{byte}; });
  } else {
    std::vector<uint8_t> option{option_kind, option_bytes, option_name[0], option_name[1]};
    option.insert(option.end(), raw.begin(), raw.end());
    frame.tcp_options(std::move(option));
  }
  for (std::size_t i = 0; i < payload_bytes; ++i) payload.push_back(payload_byte(token, i));
  if (!payload.empty()) frame.payload(std::move(payload));
}

static std::optional<Token> in_options(std::span<const uint8_t> options) {
  while (options.size() >= option_bytes) {
    const std::size_t length = options[0] <= 1 ? 1 : options[1];
    if (length == 0 || length > options.size()) return std::nullopt;
    if (options[0] == option_kind && length == option_bytes &&
        std::ranges::equal(options.subspan(2, 2), option_name)) {
      return parse(options.subspan(4));
    }
    options = options.subspan(length);
  }
  return std::nullopt;
}

std::optional<Token> token_in(std::span<const std::byte> udp_payload) {
  if (udp_payload.size() < Token::bytes) return std::nullopt;
  Raw raw;
  std::ranges::transform(udp_payload.first(Token::bytes), raw.begin(),
                         [](std::byte byte) { return std::to_integer<uint8_t>(byte); });
  return parse(raw);
}

std::optional<Token> token_of(const test::Decoded& packet) {
  std::span<const std::byte> rest = packet.payload;
  std::optional<Token> token;
  if (packet.protocol == IPPROTO_UDP) {
    token = token_in(rest);
    rest = rest.subspan(std::min(rest.size(), Token::bytes));
  } else {
    token = in_options(packet.tcp_options);
  }
  if (!token) return std::nullopt;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] != payload_byte(*token, i)) return std::nullopt;
  }
  return token;
}

}  // namespace weft::sim
