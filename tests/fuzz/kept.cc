#include "tests/fuzz/kept.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace weft::fuzz {
namespace {

using Span = std::span<const std::byte>;
using Options = std::vector<uint8_t>;

constexpr uint8_t toa_option = 254;

bool equal(Span a, Span b) {
  return std::ranges::equal(a, b);
}

uint32_t add(uint32_t total, Span bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    total += std::to_integer<uint32_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
    total = (total & 0xffff) + (total >> 16);
  }
  return total;
}

// Calls visit(at, length) for every option that is whole, until it says stop.
template <class Visit>
void for_each_option(const Options& options, Visit visit) {
  for (std::size_t at = 0; at < options.size() && options[at] != 0;) {
    const bool single = options[at] == 1 || at + 1 == options.size();
    const std::size_t length = single ? 1 : options[at + 1];
    if (length == 0 || at + length > options.size()) return;
    if (!visit(at, length)) return;
    at += length;
  }
}

Options with_mss_below(Options options, uint32_t mss_bytes_max) {
  if (mss_bytes_max == 0) return options;
  const Options before = options;
  for_each_option(before, [&](std::size_t at, std::size_t length) {
    if (before[at] != 2) return before[at] == 1 || length > 1;
    const uint32_t mss_bytes = length == 4 ? before[at + 2] * 256u + before[at + 3] : 0;
    if (mss_bytes <= mss_bytes_max) return false;
    options[at + 2] = static_cast<uint8_t>(mss_bytes_max >> 8);
    options[at + 3] = static_cast<uint8_t>(mss_bytes_max);
    return false;
  });
  return options;
}

Options without_forged(Options options) {
  const Options before = options;
  for_each_option(before, [&](std::size_t at, std::size_t length) {
    if (before[at] == toa_option) std::fill_n(options.begin() + static_cast<long>(at), length, 1);
    return true;
  });
  return options;
}

void add_to_word(Options& options, std::size_t at, uint32_t shift) {
  uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i) word = word << 8 | options[at + i];
  word += shift;
  for (std::size_t i = 4; i-- > 0; word >>= 8) options[at + i] = static_cast<uint8_t>(word);
}

Options shifted(Options options, const Shift& shift) {
  const Options before = options;
  for_each_option(before, [&](std::size_t at, std::size_t length) {
    const uint8_t kind = before[at];
    if (kind != 1 && length < 2) return false;
    const bool blank =
        (kind == 5 && shift.blanks_blocks) || (kind == 34 && shift.without_fast_open);
    if (blank) {
      std::fill_n(options.begin() + static_cast<long>(at), length, 1);
    } else if (kind == 5) {
      for (std::size_t edge = 2; edge + 4 <= length; edge += 4) {
        add_to_word(options, at + edge, shift.blocks);
      }
    } else if (kind == 8 && length == 10) {
      add_to_word(options, at + 2, shift.timestamp);
      add_to_word(options, at + 6, shift.echo);
    }
    return true;
  });
  return options;
}

Options with_client(Options options, const Decoded& client) {
  const bool v4 = client.version == 4;
  std::array<uint8_t, 20> option{toa_option, static_cast<uint8_t>(v4 ? 8 : 20),
                                 static_cast<uint8_t>(client.source_port >> 8),
                                 static_cast<uint8_t>(client.source_port)};
  inet_pton(v4 ? AF_INET : AF_INET6, client.source.c_str(), &option[4]);
  options.insert(options.end(), option.begin(), option.begin() + option[1]);
  return options;
}

std::string complaint_about_options(const Seen& in, const Seen& out, const Changes& changes) {
  const bool syn = (in.d.flags & 2) != 0;
  const Options plain =
      shifted(with_mss_below(in.d.tcp_options, syn ? changes.mss_bytes_max : 0), changes.shift);
  const Options cleared = without_forged(plain);
  const Options& now = out.d.tcp_options;
  const bool fits = cleared.size() + (in.d.version == 4 ? 8 : 20) <= 40;
  const bool added = fits && now == with_client(cleared, in.d);
  if (changes.must_add_client && fits && !added) return "the endpoint is not told of the client";
  if (now == plain) return {};
  if (changes.may_add_client && (added || now == cleared)) return {};
  return "TCP options changed";
}

std::string complaint_about_tcp(const Seen& in, const Seen& out, const Changes& changes) {
  const Decoded &a = in.d, &b = out.d;
  const Shift& shift = changes.shift;
  if (a.sequence + shift.sequence != b.sequence) return "sequence number";
  if (a.acknowledgment + shift.acknowledgment != b.acknowledgment) return "acknowledgement";
  if ((a.flags & ~shift.flags_off) != b.flags) return "TCP flags";
  if (shift.window.value_or(a.window) != b.window) return "window";
  if (in.l4().size() < 20 || out.l4().size() < 20) return "no TCP header";
  if (((in.l4()[12] ^ out.l4()[12]) & std::byte{15}) != std::byte{0})
    return "TCP's reserved bits changed";
  if (!equal(in.l4().subspan(18, 2), out.l4().subspan(18, 2))) return "the urgent pointer changed";
  return complaint_about_options(in, out, changes);
}

std::string complaint_about_ip(const Seen& in, const Seen& out) {
  const Decoded &a = in.d, &b = out.d;
  if (a.version != b.version || a.protocol != b.protocol) return "another protocol";
  if (b.ttl != a.ttl - 1) return "TTL";
  if (a.type_of_service != b.type_of_service || a.ip_options != b.ip_options) return "IP fields";
  if (a.version == 4 && !equal(in.bytes.subspan(4, 4), out.bytes.subspan(4, 4))) {
    return "what says how a datagram is in pieces changed";
  }
  if (a.version == 6) {
    if (!equal(in.bytes.first(4), out.bytes.first(4))) return "the flow label changed";
    if (a.l4_offset != b.l4_offset) return "extension headers";
    const std::size_t extensions = a.l4_offset - 40;
    if (!equal(in.bytes.subspan(40, extensions), out.bytes.subspan(40, extensions))) {
      return "extension headers changed";
    }
  }
  return {};
}

// What a receiver holds against `out`, it would have held against `in`, end to end.
std::string complaint_about_faults(const Decoded& in, const Decoded& out) {
  for (const std::string& fault : out.faults) {
    const bool end_to_end = fault == "TCP checksum is wrong" || fault == "UDP checksum is wrong" ||
                            fault == "UDP over IPv6 has no checksum";
    if (!end_to_end || std::ranges::find(in.faults, fault) == in.faults.end()) return fault;
  }
  return {};
}

bool has_checksum(const Seen& packet) {
  return packet.tcp() || (packet.udp() && packet.d.l4_checksum.value_or(0) != 0);
}

}  // namespace

Seen::Seen(Span ip_packet, bool quoted) : bytes(ip_packet), d(test::decode_ip(ip_packet, quoted)) {
  bytes = bytes.first(std::min(bytes.size(), std::max(d.ip_bytes, d.l4_offset)));
}

Seen Seen::in_frame(const Bytes& frame) {
  return Seen(Span(frame).subspan(test::decode(frame).ip_offset));
}

uint32_t covered_sum(const Seen& packet) {
  const Span addresses =
      packet.d.version == 4 ? packet.bytes.subspan(12, 8) : packet.bytes.subspan(8, 32);
  const auto l4_bytes = static_cast<uint32_t>(packet.l4().size());
  return add(add(l4_bytes, addresses), packet.l4()) % 0xffff;
}

std::string complaint_about(const Seen& in, const Seen& out, const Changes& changes) {
  if (std::string fault = complaint_about_faults(in.d, out.d); !fault.empty()) return fault;
  if (std::string about = complaint_about_ip(in, out); !about.empty()) return about;
  if (!changes.ends &&
      (in.d.source != out.d.source || in.d.destination != out.d.destination ||
       in.d.source_port != out.d.source_port || in.d.destination_port != out.d.destination_port)) {
    return "the inner packet's ends changed";
  }
  if (in.tcp()) {
    if (std::string about = complaint_about_tcp(in, out, changes); !about.empty()) return about;
  }
  Bytes payload = changes.shift.header;
  if (!changes.shift.without_data) {
    payload.insert(payload.end(), in.d.payload.begin(), in.d.payload.end());
  }
  if (payload != out.d.payload) return "payload changed";
  if (has_checksum(in) != has_checksum(out)) return "a checksum where none was, or none any more";
  if (has_checksum(in) && covered_sum(in) != covered_sum(out)) return "damage was mended or made";
  const std::size_t without = in.d.ip_bytes - in.d.tcp_options.size() - in.d.payload.size();
  if (out.d.ip_bytes != without + out.d.tcp_options.size() + payload.size()) return "length";
  return {};
}

}  // namespace weft::fuzz
