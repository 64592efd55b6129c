#include "tests/proxy_header.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <string>

namespace weft::test {

static bool is_v6(std::string_view address) {
  return address.find(':') != std::string_view::npos;
}

static void put_address(std::string& to, std::string_view address) {
  const bool v6 = is_v6(address);
  std::string bytes(v6 ? 16 : 4, '\0');
  inet_pton(v6 ? AF_INET6 : AF_INET, std::string(address).c_str(), bytes.data());
  to += bytes;
}

static void put_port(std::string& to, uint16_t port) {
  to += static_cast<char>(port >> 8);
  to += static_cast<char>(port);
}

Bytes proxy_header(ClientAddress version, ProxySide client, ProxySide listener) {
  const bool v6 = is_v6(client.address);
  if (version == ClientAddress::proxy_v1) {
    return to_bytes(fmt::format("PROXY TCP{} {} {} {} {}\r\n", v6 ? 6 : 4, client.address,
                                listener.address, client.port, listener.port));
  }
  if (version != ClientAddress::proxy_v2) return {};
  std::string header("\r\n\r\n\0\r\nQUIT\n\x21", 13);
  header += v6 ? '\x21' : '\x11';
  put_port(header, v6 ? 36 : 12);  // bytes that follow
  put_address(header, client.address);
  put_address(header, listener.address);
  put_port(header, client.port);
  put_port(header, listener.port);
  return to_bytes(header);
}

}  // namespace weft::test
