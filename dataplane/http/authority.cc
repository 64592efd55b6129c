#include "dataplane/http/authority.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstring>

namespace weft {
namespace {

constexpr std::size_t host_bytes_max = 255;

constexpr std::array<bool, 256> make_label_characters() {
  std::array<bool, 256> is{};
  for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789-_~")) {
    is[static_cast<uint8_t>(c)] = true;
  }
  return is;
}

constexpr std::array<bool, 256> is_label_character = make_label_characters();

// The bytes at the front that are a name, 0 where none is.
std::size_t name_bytes(std::string_view text) {
  bool in_label = false;
  std::size_t n = 0;
  for (; n < text.size(); ++n) {
    const bool dot = text[n] == '.';
    if (dot ? !in_label : !is_label_character[static_cast<uint8_t>(text[n])]) break;
    in_label = !dot;
  }
  return n <= host_bytes_max ? n : 0;
}

bool is_ipv6(std::string_view address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.size() >= text.size()) return false;
  std::memcpy(text.data(), address.data(), address.size());
  in6_addr parsed;
  return inet_pton(AF_INET6, text.data(), &parsed) == 1;
}

std::optional<uint16_t> port_of(std::string_view digits) {
  constexpr std::size_t digits_max = 5;
  uint16_t port = 0;
  if (digits.empty() || digits.size() > digits_max) return std::nullopt;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  return whole && port != 0 ? std::optional(port) : std::nullopt;
}

}  // namespace

std::optional<Authority> Authority::parse(std::string_view text) {
  const bool bracketed = text.starts_with('[');
  const std::size_t host_bytes = bracketed ? text.find(']') + 1 : name_bytes(text);
  if (host_bytes == 0) return std::nullopt;
  const std::string_view host = text.substr(0, host_bytes);
  if (bracketed && !is_ipv6(host.substr(1, host.size() - 2))) return std::nullopt;
  if (host_bytes == text.size()) return Authority{host, std::nullopt};
  if (text[host_bytes] != ':') return std::nullopt;
  const auto port = port_of(text.substr(host_bytes + 1));
  return port ? std::optional(Authority{host, port}) : std::nullopt;
}

}  // namespace weft
