#include "dataplane/wire/ip_address.h"

#include <arpa/inet.h>

#include <charconv>

#include "dataplane/base/check.h"

namespace weft {

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string terminated(text);
  std::array<std::byte, 16> bytes{};
  if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) {
    return v4(load<be32>(bytes.data()));
  }
  if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return v6(bytes.data());
  return std::nullopt;
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return (v4().host() >> 24) == 127;
  IpAddress one;
  one.bytes_[15] = std::byte{1};
  return *this == one;
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool four = is_v4();
  inet_ntop(four ? AF_INET : AF_INET6, four ? &bytes_[12] : &bytes_[0], text.data(), text.size());
  return text.data();
}

std::string IpAddress::to_string(uint16_t port) const {
  const std::string address = is_v4() ? to_string() : "[" + to_string() + "]";
  return address + ":" + std::to_string(port);
}

// Where the family's own bits begin: IPv4 occupies the last 32.
static uint32_t family_offset_bits(const IpAddress& address) {
  return 128 - address.family_bits();
}

static IpAddress masked(const IpAddress& address, uint32_t length) {
  std::array<std::byte, 16> bytes = address.bytes();
  const uint32_t keep_bits = family_offset_bits(address) + length;
  for (uint32_t i = 0; i < bytes.size(); ++i) {
    const uint32_t first_bit = i * 8;
    if (first_bit + 8 <= keep_bits) continue;
    const uint32_t kept = keep_bits > first_bit ? keep_bits - first_bit : 0;
    bytes[i] &= static_cast<std::byte>(0xff00u >> kept);
  }
  return IpAddress::v6(bytes.data());
}

IpPrefix::IpPrefix(IpAddress address, uint32_t length)
    : address_(masked(address, length)), length_(length) {
  CHECK(length <= address.family_bits());
}

std::optional<IpPrefix> IpPrefix::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) return host(*address);
  const std::string_view digits = text.substr(slash + 1);
  uint32_t length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc{} || end != digits.data() + digits.size() || digits.empty()) {
    return std::nullopt;
  }
  if (length > address->family_bits()) return std::nullopt;
  return IpPrefix(*address, length);
}

bool IpPrefix::contains(const IpAddress& address) const {
  return address.is_v4() == address_.is_v4() && masked(address, length_) == address_;
}

std::string IpPrefix::to_string() const {
  return address_.to_string() + "/" + std::to_string(length_);
}

}  // namespace weft
