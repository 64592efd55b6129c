#include <algorithm>
#include <string>

#include "tests/fuzz/judge.h"

namespace weft::fuzz {
namespace {

constexpr int tcp = 6;
constexpr int icmp = 1;
constexpr int icmpv6 = 58;

bool is_group(const std::string& address) {
  if (address.find(':') != std::string::npos) return address.starts_with("ff") && address[4] == ':';
  const int first = std::stoi(address);
  return address == "255.255.255.255" || (first >= 224 && first < 240);
}

// RFC 9293, 3.10.7.1.
void judge_reset(const Bytes& frame, const Decoded& in, const Decoded& out) {
  expect(in.protocol == tcp && out.source == in.destination, "reset from elsewhere", frame);
  expect(out.source_port == in.destination_port && out.destination_port == in.source_port,
         "reset of other ports", frame);
  expect(out.payload.empty() && out.tcp_options.empty(), "reset with payload", frame);
  if ((in.flags & 0x10) != 0) {
    expect(out.flags == 0x04 && out.sequence == in.acknowledgment, "reset of an ACK", frame);
    return;
  }
  const auto length = static_cast<uint32_t>(in.payload.size()) + ((in.flags & 2) != 0 ? 1 : 0) +
                      ((in.flags & 1) != 0 ? 1 : 0);
  expect(out.flags == 0x14 && out.sequence == 0, "reset without ACK", frame);
  expect(out.acknowledgment == in.sequence + length, "reset acknowledges wrongly", frame);
}

// A SYN may have been clamped before it was refused (clamp_mss.h).
bool same_but_mss(Bytes before, Bytes after, const Decoded& in) {
  if (before == after) return true;
  if (in.protocol != tcp || (in.flags & 2) == 0) return false;
  const std::size_t l4 = in.l4_offset - in.ip_offset;
  const std::size_t options_end = l4 + 20 + in.tcp_options.size();
  for (Bytes* packet : {&before, &after}) {
    for (std::size_t at = l4 + 16; at < std::min(packet->size(), options_end); ++at) {
      if (at < l4 + 18 || at >= l4 + 20) (*packet)[at] = std::byte{0};
    }
  }
  return before == after;
}

// RFC 9293, 3.10.7.2, in the endpoint's place.
void judge_cookie(const Bytes& frame, const Decoded& in, const Decoded& out) {
  expect(in.protocol == tcp && (in.flags & 0x12) == 0x02, "a SYN-ACK to no SYN", frame);
  expect(out.source == in.destination && out.source_port == in.destination_port &&
             out.destination_port == in.source_port,
         "a SYN-ACK from elsewhere", frame);
  expect(out.acknowledgment == in.sequence + 1 && out.payload.empty(),
         "a SYN-ACK acknowledges wrongly", frame);
}

void judge_icmp(const Bytes& frame, const Decoded& in, const Decoded& out, std::string_view own) {
  const bool v4 = in.version == 4;
  const bool port =
      v4 ? out.icmp_type == 3 && out.icmp_code == 3 : out.icmp_type == 1 && out.icmp_code == 4;
  expect(out.source == (port ? in.destination : std::string(own)), "error from elsewhere", frame);
  expect(v4 ? out.icmp_type == 11 || out.icmp_type == 3 : out.icmp_type >= 1 && out.icmp_type <= 3,
         "an error of no known type", frame);
  const std::size_t ip_bytes_max = v4 ? 576 : 1280;
  expect(out.ip_bytes <= ip_bytes_max, "an error that is too long", frame);
  const std::size_t quoted = out.payload.size();
  expect(quoted == std::min<std::size_t>(in.ip_bytes, ip_bytes_max - (v4 ? 28 : 48)),
         "a quote of another size", frame);
  const auto packet = std::span(frame).subspan(in.ip_offset, quoted);
  expect(same_but_mss(Bytes(packet.begin(), packet.end()), out.payload, in), "a quote of others",
         frame);
}

}  // namespace

void judge_relayed_error(const Bytes& frame, const Bytes& reply, std::string_view own) {
  const Decoded in = test::decode(frame);
  const Decoded out = test::decode(reply);
  expect(out.sound() && out.source == own, "a relayed error that is not sound", reply);
  const Decoded inside = test::decode_ip(out.payload, true);
  expect(inside.source == out.destination, "relayed to somebody else", frame);
  const bool told = out.icmp_rest < (in.icmp_rest & (in.version == 4 ? 0xffff : UINT32_MAX));
  expect(told, "the MTU of a tunnel", frame);
  const auto found =
      std::search(in.payload.begin(), in.payload.end(), out.payload.begin(), out.payload.end());
  expect(found != in.payload.end(), "a quote of others", frame);
}

void judge_reply(const Bytes& frame, const Bytes& reply, std::string_view own) {
  const Decoded in = test::decode(frame);
  const Decoded out = test::decode(reply);
  expect(out.sound(), "a reply that is not sound", reply);
  expect(reply.size() == out.ip_offset + out.ip_bytes, "a reply with a tail", reply);
  expect(out.destination == in.source && out.ttl == 64, "a reply to somebody else", frame);
  expect(in.version == out.version && !is_icmp_error(in) && in.fragment_offset_bytes == 0 &&
             !is_group(in.destination) && (in.protocol != tcp || (in.flags & 4) == 0),
         "a packet that gets no reply got one", frame);
  const bool damaged =
      !in.sound() && !in.more_fragments && in.protocol != icmp && in.protocol != icmpv6;
  expect(!damaged, "a damaged packet got a reply", frame);
  if (out.protocol == tcp && out.flags == 0x12) return judge_cookie(frame, in, out);
  if (out.protocol == tcp) return judge_reset(frame, in, out);
  expect(out.protocol == (out.version == 4 ? icmp : icmpv6), "a reply of an unknown kind", frame);
  judge_icmp(frame, in, out, own);
}

}  // namespace weft::fuzz
