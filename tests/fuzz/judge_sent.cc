#include <algorithm>
#include <string>

#include "tests/fuzz/judge.h"

namespace weft::fuzz {
namespace {

constexpr int tcp = 6;
constexpr int icmp = 1;
constexpr int icmpv6 = 58;
constexpr int ipip = 4;

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

void judge_icmp(const Bytes& frame, const Decoded& in, const Decoded& out,
                std::string_view own_address) {
  const bool v4 = in.version == 4;
  const bool port =
      v4 ? out.icmp_type == 3 && out.icmp_code == 3 : out.icmp_type == 1 && out.icmp_code == 4;
  expect(out.source == (port ? in.destination : std::string(own_address)), "error from elsewhere",
         frame);
  expect(v4 ? out.icmp_type == 11 || out.icmp_type == 3 : out.icmp_type >= 1 && out.icmp_type <= 3,
         "an error of no known type", frame);
  const std::size_t ip_bytes_max = v4 ? 576 : 1280;
  expect(out.ip_bytes <= ip_bytes_max, "an error that is too long", frame);
  const std::size_t quoted = out.payload.size();
  expect(quoted == std::min<std::size_t>(in.ip_bytes, ip_bytes_max - (v4 ? 28 : 48)),
         "a quote of another size", frame);
  const auto packet = frame.begin() + static_cast<long>(in.ip_offset);
  expect(std::equal(out.payload.begin(), out.payload.end(), packet), "a quote of others", frame);
}

// What a receiver holds against `out`, it would have held against `in`, end to end.
void judge_faults(const Bytes& frame, const Decoded& in, const Decoded& out) {
  for (const std::string& fault : out.faults) {
    const bool end_to_end = fault == "TCP checksum is wrong" || fault == "UDP checksum is wrong";
    expect(end_to_end && std::find(in.faults.begin(), in.faults.end(), fault) != in.faults.end(),
           "forwarded: " + fault, frame);
  }
}

void judge_kept(const Bytes& frame, const Decoded& in, const Decoded& out) {
  expect(out.payload == in.payload && out.protocol == in.protocol, "payload changed", frame);
  expect(out.sequence == in.sequence && out.acknowledgment == in.acknowledgment &&
             out.flags == in.flags && out.window == in.window && out.tcp_options == in.tcp_options,
         "TCP fields changed", frame);
  expect(out.identification == in.identification && out.dont_fragment == in.dont_fragment &&
             out.type_of_service == in.type_of_service && out.ip_options == in.ip_options,
         "IP fields changed", frame);
  expect(out.ttl == in.ttl - 1, "TTL", frame);
  const bool without = in.protocol == 17 && in.l4_checksum == 0;
  expect(!without || out.l4_checksum == 0, "a checksum where none was", frame);
}

// Through nat: the same error, about the packet as the other side knows it.
void judge_rewritten_error(const Bytes& frame, const Decoded& in, const Decoded& out) {
  expect(out.sound(), "an error that is not sound", frame);
  expect(out.icmp_type == in.icmp_type && out.icmp_code == in.icmp_code &&
             out.icmp_rest == in.icmp_rest && out.ttl == in.ttl - 1 &&
             out.payload.size() == in.payload.size(),
         "another error", frame);
  const Decoded quoted = test::decode_ip(in.payload, true);
  const Decoded rewritten = test::decode_ip(out.payload, true);
  expect(rewritten.sound() || !quoted.sound(), "a quote that is not sound", frame);
  const bool source = rewritten.source != quoted.source;
  const bool destination = rewritten.destination != quoted.destination;
  expect(source != destination && rewritten.protocol == quoted.protocol &&
             rewritten.ttl == quoted.ttl && rewritten.sequence == quoted.sequence,
         "nat changes one side of the quote", frame);
}

}  // namespace

bool is_icmp_error(const Decoded& d) {
  const int errors[] = {3, 4, 5, 11, 12};
  if (d.version == 6) return d.protocol == icmpv6 && d.icmp_type < 128;
  return d.protocol == icmp &&
         std::find(std::begin(errors), std::end(errors), d.icmp_type) != std::end(errors);
}

void judge_relayed_error(const Bytes& frame, const Bytes& reply, std::string_view own_address) {
  const Decoded in = test::decode(frame);
  const Decoded out = test::decode(reply);
  expect(out.sound() && out.source == own_address, "a relayed error that is not sound", reply);
  const Decoded inside = test::decode_ip(out.payload, true);
  expect(inside.source == out.destination, "relayed to somebody else", frame);
  const bool told = out.icmp_rest < (in.icmp_rest & (in.version == 4 ? 0xffff : UINT32_MAX));
  expect(told, "the MTU of a tunnel", frame);
  const auto found =
      std::search(in.payload.begin(), in.payload.end(), out.payload.begin(), out.payload.end());
  expect(found != in.payload.end(), "a quote of others", frame);
}

void judge_reply(const Bytes& frame, const Bytes& reply, std::string_view own_address) {
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
  if (out.protocol == tcp) return judge_reset(frame, in, out);
  expect(out.protocol == (out.version == 4 ? icmp : icmpv6), "a reply of an unknown kind", frame);
  judge_icmp(frame, in, out, own_address);
}

void judge_forwarded(const Bytes& frame, const Bytes& out_frame) {
  const Decoded in = test::decode(frame);
  const Decoded out = test::decode(out_frame);
  expect(in.version == 4 && out.version == 4, "forwarded what is not IPv4", frame);
  expect(out_frame.size() == out.ip_offset + out.ip_bytes, "forwarded with a tail", out_frame);
  if (out.protocol == ipip && in.protocol != ipip) {
    expect(out.sound() && out.ttl == 64 && out.dont_fragment, "outer header", out_frame);
    const Decoded inner = test::decode_ip(out.payload);
    expect(inner.source == in.source && inner.destination == in.destination &&
               inner.source_port == in.source_port && inner.destination_port == in.destination_port,
           "the inner packet's ends changed", frame);
    judge_faults(frame, in, inner);
    return judge_kept(frame, in, inner);
  }
  if (is_icmp_error(in)) return judge_rewritten_error(frame, in, out);
  const bool to_endpoint = out.source == in.source && out.source_port == in.source_port;
  const bool to_client =
      out.destination == in.destination && out.destination_port == in.destination_port;
  expect(to_endpoint != to_client, "nat changes one side", frame);
  judge_faults(frame, in, out);
  judge_kept(frame, in, out);
}

}  // namespace weft::fuzz
