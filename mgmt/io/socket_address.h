// Addresses as the kernel's socket calls want them. No Boost.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dataplane/wire/ip_address.h"

namespace weft::mgmt {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t bytes = 0;

  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

SocketAddress socket_address(const IpAddress& address, uint16_t port);

// Nothing when the path is empty or longer than the kernel takes (107 bytes).
std::optional<SocketAddress> socket_address(const std::string& path);

struct AddressAndPort {
  IpAddress address;
  uint16_t port = 0;
};

// "127.0.0.1:9100" or "[::1]:9100".
std::optional<AddressAndPort> parse_address_and_port(std::string_view text);

}  // namespace weft::mgmt
