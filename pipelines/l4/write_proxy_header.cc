#include "pipelines/l4/write_proxy_header.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

namespace weft {
namespace {

class Line {
 public:
  explicit Line(ProxyHeader& to) : to_(to) {}

  Line& text(std::string_view text) {
    std::memcpy(&to_[bytes_], text.data(), text.size());
    bytes_ += static_cast<uint32_t>(text.size());
    return *this;
  }
  Line& address(const IpAddress& address) {
    std::array<char, INET6_ADDRSTRLEN> chars{};
    const bool v4 = address.is_v4();
    inet_ntop(v4 ? AF_INET : AF_INET6, &address.bytes()[v4 ? 12 : 0], chars.data(), chars.size());
    return text(chars.data());
  }
  Line& number(uint16_t number) {
    std::array<char, 5> chars{};
    const auto end = std::to_chars(chars.data(), chars.data() + chars.size(), number).ptr;
    return text({chars.data(), static_cast<std::size_t>(end - chars.data())});
  }
  uint32_t bytes() const { return bytes_; }

 private:
  ProxyHeader& to_;
  uint32_t bytes_ = 0;
};

uint32_t write_v1(ProxyHeader& to, const StreamSides& sides) {
  Line line(to);
  line.text(sides.client.is_v4() ? "PROXY TCP4 " : "PROXY TCP6 ");
  line.address(sides.client).text(" ").address(sides.listener).text(" ");
  line.number(sides.client_port.host()).text(" ").number(sides.listener_port.host()).text("\r\n");
  return line.bytes();
}

uint32_t write_v2(ProxyHeader& to, const StreamSides& sides) {
  constexpr std::string_view signature("\r\n\r\n\0\r\nQUIT\n", 12);
  constexpr auto version_and_command = std::byte{0x21};  // 2, PROXY
  constexpr auto tcp_over_ipv4 = std::byte{0x11}, tcp_over_ipv6 = std::byte{0x21};
  const bool v4 = sides.client.is_v4();
  const uint32_t address_bytes = v4 ? 4 : 16;
  const uint32_t sides_bytes = 2 * (address_bytes + sizeof(be16));
  std::byte* at = to.data();
  std::memcpy(at, signature.data(), signature.size());
  at += signature.size();
  *at++ = version_and_command;
  *at++ = v4 ? tcp_over_ipv4 : tcp_over_ipv6;
  store(at, be16(static_cast<uint16_t>(sides_bytes)));
  at += sizeof(be16);
  for (const IpAddress* address : {&sides.client, &sides.listener}) {
    at = std::copy_n(&address->bytes()[16 - address_bytes], address_bytes, at);
  }
  store(at, sides.client_port);
  store(at + sizeof(be16), sides.listener_port);
  return static_cast<uint32_t>(signature.size()) + 4 + sides_bytes;
}

}  // namespace

uint32_t write_proxy_header(ProxyHeader& to, ClientAddress version, const StreamSides& sides) {
  return version == ClientAddress::proxy_v1 ? write_v1(to, sides) : write_v2(to, sides);
}

}  // namespace weft
