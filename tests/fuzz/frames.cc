#include "tests/fuzz/frames.h"

#include <optional>

namespace weft::fuzz {
namespace {

using test::ethernet;

constexpr std::size_t frame_bytes_max = 2048;
constexpr uint8_t raw_frame = 255;

uint32_t u16(const Bytes& frame, std::size_t at) {
  if (at + 2 > frame.size()) return 0;
  return std::to_integer<uint32_t>(frame[at]) << 8 | std::to_integer<uint32_t>(frame[at + 1]);
}
void set16(Bytes& frame, std::size_t at, uint32_t value) {
  frame[at] = static_cast<std::byte>(value >> 8);
  frame[at + 1] = static_cast<std::byte>(value);
}

uint32_t sum(const Bytes& frame, std::size_t from, std::size_t to, uint32_t total) {
  for (std::size_t i = from; i < to; ++i) {
    total += std::to_integer<uint32_t>(frame[i]) << ((i - from) % 2 == 0 ? 8 : 0);
    total = (total & 0xffff) + (total >> 16);
  }
  return total;
}

// Where the checksum of an L4 header lies; of protocols that have one.
std::optional<std::size_t> checksum_offset(uint32_t protocol) {
  if (protocol == 6) return 16;
  if (protocol == 17) return 6;
  if (protocol == 1 || protocol == 58) return 2;
  return std::nullopt;
}

// Of the bytes from `l4` to `end`, with the addresses in the pseudo header where there is one.
void repair_l4(Bytes& frame, std::size_t addresses, std::size_t l4, std::size_t end,
               uint32_t protocol) {
  const auto at = checksum_offset(protocol);
  if (!at || l4 + *at + 2 > end) return;
  if (protocol == 17) end = std::min<std::size_t>(end, l4 + u16(frame, l4 + 4));
  if (l4 + *at + 2 > end) return;
  uint32_t total = 0;
  if (protocol != 1) {
    const auto bytes = static_cast<uint32_t>(end - l4);
    total = sum(frame, addresses, l4, protocol + (bytes >> 16) + (bytes & 0xffff));
  }
  set16(frame, l4 + *at, 0);
  const uint32_t checksum = ~sum(frame, l4, end, total) & 0xffff;
  set16(frame, l4 + *at, checksum == 0 && protocol == 17 ? 0xffff : checksum);
}

void repair_ipv4(Bytes& frame, std::size_t ip, bool header, bool l4) {
  if (ip + 20 > frame.size()) return;
  const std::size_t header_bytes = (std::to_integer<std::size_t>(frame[ip]) & 15) * 4;
  const std::size_t end = ip + u16(frame, ip + 2);
  if (header_bytes < 20 || ip + header_bytes > frame.size()) return;
  if (header) {
    set16(frame, ip + 10, 0);
    set16(frame, ip + 10, ~sum(frame, ip, ip + header_bytes, 0) & 0xffff);
  }
  // Options lie between addresses and payload: only without them are addresses next to it.
  if (l4 && header_bytes == 20 && end <= frame.size() && ip + header_bytes <= end) {
    repair_l4(frame, ip + 12, ip + 20, end, std::to_integer<uint32_t>(frame[ip + 9]));
  }
}

void repair(Bytes& frame, bool header, bool l4) {
  const std::size_t type_at = u16(frame, 12) == 0x8100 ? 16 : 12;
  const std::size_t ip = type_at + 2;
  if (u16(frame, type_at) == 0x0800) repair_ipv4(frame, ip, header, l4);
  if (u16(frame, type_at) == 0x86dd && ip + 40 <= frame.size() && l4) {
    const std::size_t end = ip + 40 + u16(frame, ip + 4);
    if (end > frame.size()) return;
    repair_l4(frame, ip + 8, ip + 40, end, std::to_integer<uint32_t>(frame[ip + 6]));
  }
}

void edit(Bytes& frame, Input& input) {
  if (frame.empty()) return;
  const uint8_t kind = input.u8();
  // Mostly where the headers are.
  const std::size_t at =
      input.below(kind % 2 == 0 ? frame.size() : std::min<std::size_t>(frame.size(), 64));
  switch (kind % 8) {
    case 0:
      frame.resize(at);
      break;
    case 1:
      frame.insert(frame.begin() + static_cast<long>(at), input.u8() % 64, std::byte{0});
      break;
    case 2:
      frame.resize(std::min(frame.size() + input.u8(), frame_bytes_max));
      break;
    case 3:
      if (at + 2 <= frame.size()) set16(frame, at, input.u16());
      break;
    default:
      frame[at] = static_cast<std::byte>(input.u8());
  }
}

}  // namespace

void edit_frame(Bytes& frame, Input& input) {
  const uint8_t how = input.u8();
  for (uint32_t edits = how & 7; edits != 0; --edits) edit(frame, input);
  repair(frame, (how & 8) != 0, (how & 16) != 0);
}

Bytes next_frame(Input& input, std::span<const Bytes> seeds) {
  const uint8_t kind = input.u8();
  if (kind == raw_frame) return input.take(input.below(frame_bytes_max));
  Bytes frame = seeds[kind % seeds.size()];
  edit_frame(frame, input);
  return frame;
}

std::vector<Bytes> seeds_of_every_kind() {
  const auto v4 = [] { return ethernet().ipv4("10.0.0.1", "203.0.113.10"); };
  const auto v6 = [] { return ethernet().ipv6("fd00::1", "fd00::2"); };
  const auto quote = ethernet().ipv4("203.0.113.10", "10.0.0.1").udp(53, 1234).build_ip();
  const auto quote6 = ethernet().ipv6("fd00::2", "fd00::1").tcp(80, 99, 16).build_ip();
  return {
      v4().tcp(1234, 80, 0x02).tcp_options({2, 4, 5, 180, 1, 3, 3, 7}).build(),
      v4().tcp(1234, 80, 0x18).payload("GET / HTTP/1.1\r\n\r\n").dont_fragment().build(),
      v4().tcp(1234, 80, 0x11).pad_to(60).build(),
      v4().tcp(1234, 80, 0x04).build(),
      v4().udp(1234, 53).payload("question?").build(),
      v4().udp(1234, 53).l4_checksum(0).payload_bytes(700).build(),
      v4().vlan(120).udp(1234, 53).build(),
      v4().ip_options({7, 7, 4, 0, 0, 0, 0, 1}).tcp(1234, 80, 0x10).build(),
      v4().ip_options({131, 7, 4, 10, 0, 0, 3}).udp(1234, 53).build(),
      v4().icmp(8, 0, 0x00010001).payload("ping").build(),
      v4().icmp(3, 4, 1400).payload(quote).build(),
      v4().icmp(11, 0).payload(quote).build(),
      v4().udp(1234, 53).fragment(0, true).payload_bytes(64).build(),
      v4().udp(1234, 53).fragment(1480, false).build(),
      v4().protocol(47).payload("tunnel").build(),
      v6().tcp(99, 80, 0x02).build(),
      v6().udp(99, 53).payload("six").build(),
      v6().icmp(2, 0, 1400).payload(quote6).build(),
      v6().icmp(135, 0).build(),
      v6().extension(0, {5, 2, 0, 0}).extension(60).tcp(99, 80, 0x10).payload("six").build(),
      v6().extension(43, {4, 0}).extension(51).udp(99, 53).payload("six").build(),
      v6().extension(43, {0, 1}).udp(99, 53).build(),
      v6().fragment(0, true).udp(99, 53).payload_bytes(64).build(),
      v6().extension(0).fragment(1448, false).udp(99, 53).payload_bytes(64).build(),
      v6().fragment(0, false).tcp(99, 80, 0x02).build(),
      ethernet().payload_bytes(28).build(),
      ethernet().to("01:00:5e:00:00:01").ipv4("0.0.0.0", "224.0.0.1").udp(68, 67).build(),
  };
}

}  // namespace weft::fuzz
