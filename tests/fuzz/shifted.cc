#include "tests/fuzz/shifted.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace weft::fuzz {
namespace {

constexpr int rst = 4, ack = 16;

void append(Bytes& to, std::span<const std::byte> bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

void append_address(Bytes& to, const std::string& text) {
  std::array<std::byte, 16> bytes{};
  const bool v4 = is_v4(text);
  inet_pton(v4 ? AF_INET : AF_INET6, text.c_str(), bytes.data());
  append(to, std::span(bytes).first(v4 ? 4 : 16));
}

void append_port(Bytes& to, int port) {
  to.push_back(static_cast<std::byte>(port >> 8));
  to.push_back(static_cast<std::byte>(port));
}

bool is_damaged(const Seen& packet) {
  return !packet.d.sound();
}

}  // namespace

Bytes proxy_header(ClientAddress version, const Ends& client) {
  if (!is_proxy(version)) return {};
  const bool v4 = is_v4(client.source);
  if (version == ClientAddress::proxy_v1) {
    return test::to_bytes("PROXY TCP" + std::string(v4 ? "4 " : "6 ") + client.source + " " +
                          client.destination + " " + std::to_string(client.source_port) + " " +
                          std::to_string(client.destination_port) + "\r\n");
  }
  Bytes header = test::to_bytes("\r\n\r\n");
  append(header, std::array{std::byte{0}});
  append(header, test::to_bytes("\r\nQUIT\n"));
  append(header, std::array{std::byte{0x21}, std::byte(v4 ? 0x11 : 0x21), std::byte{0},
                            std::byte(v4 ? 12 : 36)});
  append_address(header, client.source);
  append_address(header, client.destination);
  append_port(header, client.source_port);
  append_port(header, client.destination_port);
  return header;
}

std::string complaint_about_shifted(const Seen& in, const Seen& out, const Bytes& header) {
  const Decoded &a = in.d, &b = out.d;
  if (a.version != b.version || a.protocol != b.protocol) return "another protocol";
  Bytes both = header;
  append(both, a.payload);
  const bool known =
      b.payload == a.payload || b.payload == both || b.payload == header || b.payload.empty();
  if (!known) return "neither the client's bytes nor the header";
  if (b.sound()) return {};
  return is_damaged(in) && covered_sum(in) == covered_sum(out) ? "" : b.faults.front();
}

std::string complaint_about_turned(const Seen& out, const Bytes& header) {
  if (!out.d.sound()) return out.d.faults.front();
  if (out.d.flags == rst) return out.d.payload.empty() ? "" : "a reset with payload";
  if (out.d.flags != ack) return "something but the client's ACK";
  const bool known = out.d.payload.empty() || out.d.payload == header;
  return known ? "" : "not the header";
}

}  // namespace weft::fuzz
