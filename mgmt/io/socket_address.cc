#include "mgmt/io/socket_address.h"

#include <netinet/in.h>

#include <charconv>
#include <cstring>

namespace weft::mgmt {

SocketAddress socket_address(const IpAddress& address, uint16_t port) {
  SocketAddress result;
  if (address.is_v4()) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = be16(port).raw;
    in.sin_addr.s_addr = address.v4().raw;
    std::memcpy(&result.storage, &in, sizeof in);
    result.bytes = sizeof in;
    return result;
  }
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = be16(port).raw;
  std::memcpy(&in.sin6_addr, address.bytes().data(), address.bytes().size());
  std::memcpy(&result.storage, &in, sizeof in);
  result.bytes = sizeof in;
  return result;
}

std::optional<SocketAddress> socket_address(const std::string& path) {
  sockaddr_un un{};
  if (path.empty() || path.size() >= sizeof un.sun_path) return std::nullopt;
  un.sun_family = AF_UNIX;
  std::memcpy(un.sun_path, path.c_str(), path.size() + 1);
  SocketAddress result;
  std::memcpy(&result.storage, &un, sizeof un);
  result.bytes = sizeof un;
  return result;
}

std::optional<AddressAndPort> parse_address_and_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const std::optional<IpAddress> address = IpAddress::parse(host);
  if (!address || address->is_v4() == bracketed) return std::nullopt;
  AddressAndPort result{*address, 0};
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), result.port);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return result;
}

}  // namespace weft::mgmt
