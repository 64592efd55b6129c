#include "tests/fuzz/shifted.h"

#include "tests/proxy_header.h"

namespace weft::fuzz {
namespace {

constexpr int rst = 4, ack = 16;

void append(Bytes& to, std::span<const std::byte> bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

bool is_damaged(const Seen& packet) {
  return !packet.d.sound();
}

}  // namespace

Bytes proxy_header(ClientAddress version, const Ends& client) {
  return test::proxy_header(version, {client.source, static_cast<uint16_t>(client.source_port)},
                            {client.destination, static_cast<uint16_t>(client.destination_port)});
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
