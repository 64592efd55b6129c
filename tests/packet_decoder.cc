#include "tests/packet_decoder.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <ostream>

namespace weft::test {
namespace {

using Bytes = std::span<const std::byte>;

// Reads only inside its bytes: what lies beyond reads as 0 and is a fault.
class Reader {
 public:
  Reader(Bytes bytes, Decoded& into) : bytes_(bytes), into_(into) {}

  std::size_t size() const { return bytes_.size(); }
  bool has(std::size_t at, std::size_t count) const { return at + count <= bytes_.size(); }
  uint32_t u8(std::size_t at) const {
    return has(at, 1) ? std::to_integer<uint32_t>(bytes_[at]) : 0;
  }
  uint32_t u16(std::size_t at) const { return u8(at) << 8 | u8(at + 1); }
  uint32_t u32(std::size_t at) const { return u16(at) << 16 | u16(at + 2); }
  Bytes piece(std::size_t at, std::size_t count) const {
    if (at >= bytes_.size()) return {};
    return bytes_.subspan(at, std::min(count, bytes_.size() - at));
  }
  bool fault(std::string what) const {
    into_.faults.push_back(std::move(what));
    return false;
  }

 private:
  Bytes bytes_;
  Decoded& into_;
};

std::string mac_text(const Reader& in, std::size_t at) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < 6; ++i) {
    if (i != 0) text += ':';
    text += digits[in.u8(at + i) >> 4];
    text += digits[in.u8(at + i) & 15];
  }
  return text;
}

std::string address_text(const Reader& in, std::size_t at, int family) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family, in.piece(at, family == AF_INET ? 4 : 16).data(), text.data(), text.size());
  return text.data();
}

uint32_t sum(Bytes data, uint32_t start = 0) {
  uint32_t total = start;
  for (std::size_t i = 0; i < data.size(); ++i) {
    total += std::to_integer<uint32_t>(data[i]) << (i % 2 == 0 ? 8 : 0);
    total = (total & 0xffff) + (total >> 16);
  }
  return total;
}

// Of the addresses, the length and the protocol.
uint32_t pseudo_sum(const Reader& ip, const Decoded& d, std::size_t l4_bytes) {
  const Bytes addresses = d.version == 4 ? ip.piece(12, 8) : ip.piece(8, 32);
  uint32_t total = sum(addresses, static_cast<uint32_t>(d.protocol));
  total += static_cast<uint32_t>(l4_bytes >> 16) + static_cast<uint32_t>(l4_bytes & 0xffff);
  return (total & 0xffff) + (total >> 16);
}

void take_payload(Decoded& d, Bytes bytes) {
  d.payload.assign(bytes.begin(), bytes.end());
}

bool decode_tcp(const Reader& ip, const Reader& l4, Decoded& d, bool quoted) {
  d.source_port = static_cast<int>(l4.u16(0));
  d.destination_port = static_cast<int>(l4.u16(2));
  d.sequence = l4.u32(4);
  if (!l4.has(0, 20)) return quoted || l4.fault("TCP header is cut off");
  d.acknowledgment = l4.u32(8);
  const std::size_t header = l4.u8(12) / 16 * 4;
  d.flags = static_cast<int>(l4.u8(13));
  d.window = static_cast<int>(l4.u16(14));
  d.l4_checksum = static_cast<uint16_t>(l4.u16(16));
  if (header < 20) return l4.fault("TCP data offset is below 5");
  if (!l4.has(0, header)) return quoted || l4.fault("TCP data offset is beyond the segment");
  for (std::size_t i = 20; i < header; ++i) {
    d.tcp_options.push_back(static_cast<uint8_t>(l4.u8(i)));
  }
  take_payload(d, l4.piece(header, l4.size()));
  if (quoted) return true;
  if (sum(l4.piece(0, l4.size()), pseudo_sum(ip, d, l4.size())) != 0xffff) {
    return l4.fault("TCP checksum is wrong");
  }
  return true;
}

bool decode_udp(const Reader& ip, const Reader& l4, Decoded& d, bool quoted) {
  d.source_port = static_cast<int>(l4.u16(0));
  d.destination_port = static_cast<int>(l4.u16(2));
  if (!l4.has(0, 8)) return quoted || l4.fault("UDP header is cut off");
  const std::size_t length = l4.u16(4);
  d.l4_checksum = static_cast<uint16_t>(l4.u16(6));
  if (length < 8) return l4.fault("UDP length is below 8");
  if (!quoted && !l4.has(0, length)) return l4.fault("UDP length is beyond the packet");
  take_payload(d, l4.piece(8, length - 8));
  if (quoted) return true;
  if (*d.l4_checksum == 0) {
    return d.version == 4 || l4.fault("UDP over IPv6 has no checksum");
  }
  if (sum(l4.piece(0, length), pseudo_sum(ip, d, length)) != 0xffff) {
    return l4.fault("UDP checksum is wrong");
  }
  return true;
}

bool decode_icmp(const Reader& ip, const Reader& l4, Decoded& d, bool quoted) {
  if (!l4.has(0, 8)) return quoted || l4.fault("ICMP message is cut off");
  d.icmp_type = static_cast<int>(l4.u8(0));
  d.icmp_code = static_cast<int>(l4.u8(1));
  d.l4_checksum = static_cast<uint16_t>(l4.u16(2));
  d.icmp_rest = l4.u32(4);
  take_payload(d, l4.piece(8, l4.size()));
  if (quoted) return true;
  const uint32_t start = d.version == 6 ? pseudo_sum(ip, d, l4.size()) : 0;
  if (sum(l4.piece(0, l4.size()), start) != 0xffff) return l4.fault("ICMP checksum is wrong");
  return true;
}

// The first piece of a datagram has to hold the whole L4 header.
void check_first_piece(const Reader& l4, const Decoded& d) {
  const std::size_t tcp_header = std::max<std::size_t>(20, l4.u8(12) / 16 * 4);
  const bool icmp = d.protocol == (d.version == 4 ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6});
  const std::size_t header = d.protocol == IPPROTO_TCP           ? tcp_header
                             : d.protocol == IPPROTO_UDP || icmp ? 8
                                                                 : 0;
  if (!l4.has(0, header)) l4.fault("the first piece is tiny");
}

void decode_l4(const Reader& ip, std::size_t header, Decoded& d, bool quoted) {
  const Reader l4(ip.piece(header, d.ip_bytes - header), d);
  take_payload(d, ip.piece(header, d.ip_bytes - header));
  if (d.fragment_offset_bytes != 0) return;
  if (d.more_fragments && !quoted) check_first_piece(l4, d);
  const bool in_part = quoted || d.more_fragments;
  if (d.protocol == IPPROTO_TCP) decode_tcp(ip, l4, d, in_part);
  if (d.protocol == IPPROTO_UDP) decode_udp(ip, l4, d, in_part);
  const int icmp = d.version == 4 ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6};
  if (d.protocol == icmp) {
    decode_icmp(ip, l4, d, in_part);
  }
}

void check_options(const Reader& ip, std::size_t header, Decoded& d) {
  for (std::size_t at = 20; at < header;) {
    const uint32_t type = ip.u8(at);
    if (type == 0) return;
    if (type == 131 || type == 137) ip.fault("IP source route");
    const std::size_t length = type == 1 ? 1 : ip.u8(at + 1);
    if (type != 1 && (at + 2 > header || length < 2 || at + length > header)) {
      ip.fault("IP option is cut off");
      return;
    }
    at += length;
  }
  for (std::size_t i = 20; i < header; ++i) {
    d.ip_options.push_back(static_cast<uint8_t>(ip.u8(i)));
  }
}

bool decode_ipv4(const Reader& ip, Decoded& d, bool quoted) {
  if (!ip.has(0, 20)) return ip.fault("IPv4 header is cut off");
  d.version = static_cast<int>(ip.u8(0) >> 4);
  const std::size_t header = (ip.u8(0) & 15) * std::size_t{4};
  if (d.version != 4) return ip.fault("IP version is not 4");
  if (header < 20) return ip.fault("IHL is below 5");
  if (!ip.has(0, header)) return ip.fault("IHL is beyond the packet");
  d.type_of_service = static_cast<int>(ip.u8(1));
  d.ip_bytes = ip.u16(2);
  d.identification = ip.u16(4);
  d.dont_fragment = (ip.u16(6) & 0x4000) != 0;
  d.more_fragments = (ip.u16(6) & 0x2000) != 0;
  d.fragment_offset_bytes = (ip.u16(6) & 0x1fff) * std::size_t{8};
  d.ttl = static_cast<int>(ip.u8(8));
  d.protocol = static_cast<int>(ip.u8(9));
  d.source = address_text(ip, 12, AF_INET);
  d.destination = address_text(ip, 16, AF_INET);
  d.l4_offset = d.ip_offset + header;
  if (d.ip_bytes < header) return ip.fault("IP total length is inside the header");
  if (!quoted && !ip.has(0, d.ip_bytes)) return ip.fault("IP total length is beyond the frame");
  if (sum(ip.piece(0, header)) != 0xffff) ip.fault("IPv4 checksum is wrong");
  check_options(ip, header, d);
  decode_l4(ip, header, d, quoted);
  return true;
}

bool is_extension(int type) {
  return type == IPPROTO_HOPOPTS || type == IPPROTO_ROUTING || type == IPPROTO_FRAGMENT ||
         type == IPPROTO_AH || type == IPPROTO_DSTOPTS;
}

// One extension header at `at`; false: it ends the walk. Every fault of it is noted.
bool decode_extension(const Reader& ip, std::size_t& at, Decoded& d) {
  const int type = d.protocol;
  const bool again = std::ranges::count(d.extensions, type) != 0;
  const bool first = d.extensions.empty();
  d.extensions.push_back(type);
  bool fine = true;
  const auto fault = [&](const char* what) { fine = ip.fault(what); };
  if (d.extensions.size() > 8) fault("too many extension headers");
  if (type == IPPROTO_HOPOPTS && !first) fault("hop-by-hop options are not first");
  if (type == IPPROTO_FRAGMENT && again) fault("a second fragment header");
  const std::size_t there = std::min(ip.size(), d.ip_bytes);
  if (at + 8 > there) return ip.fault("extension header is cut off");
  if (type == IPPROTO_ROUTING && (ip.u8(at + 2) == 0 || ip.u8(at + 3) != 0)) {
    fault("IP source route");
  }
  const std::size_t length = type == IPPROTO_FRAGMENT ? 8
                             : type == IPPROTO_AH     ? (ip.u8(at + 1) + 2) * std::size_t{4}
                                                      : (ip.u8(at + 1) + 1) * std::size_t{8};
  if (at + length - 40 > 256) fault("too many extension headers");
  if (at + length > there) fault("extension header is cut off");
  if (!fine) return false;
  d.protocol = static_cast<int>(ip.u8(at));
  if (type == IPPROTO_FRAGMENT) {
    d.fragment_offset_bytes = ip.u16(at + 2) & 0xfff8;
    d.more_fragments = (ip.u16(at + 2) & 1) != 0;
    const bool whole = d.fragment_offset_bytes == 0 && !d.more_fragments;
    d.identification = whole ? 0 : ip.u32(at + 4);
  }
  at += length;
  return d.fragment_offset_bytes == 0;
}

bool decode_ipv6(const Reader& ip, Decoded& d, bool quoted) {
  if (!ip.has(0, 40)) return ip.fault("IPv6 header is cut off");
  d.version = static_cast<int>(ip.u8(0) >> 4);
  if (d.version != 6) return ip.fault("IP version is not 6");
  d.type_of_service = static_cast<int>(ip.u16(0) >> 4 & 0xff);
  d.ip_bytes = 40 + ip.u16(4);
  d.protocol = static_cast<int>(ip.u8(6));
  d.ttl = static_cast<int>(ip.u8(7));
  d.source = address_text(ip, 8, AF_INET6);
  d.destination = address_text(ip, 24, AF_INET6);
  d.dont_fragment = true;
  if (!quoted && !ip.has(0, d.ip_bytes)) return ip.fault("IP payload length is beyond the frame");
  std::size_t at = 40;
  while (is_extension(d.protocol) && decode_extension(ip, at, d)) {
  }
  d.l4_offset = d.ip_offset + at;
  decode_l4(ip, at, d, quoted);
  return true;
}

void decode_any_ip(const Reader& ip, Decoded& d, bool quoted) {
  if (d.ether_type == 0x86dd) {
    decode_ipv6(ip, d, quoted);
  } else {
    decode_ipv4(ip, d, quoted);
  }
}

}  // namespace

Decoded decode(Bytes frame) {
  Decoded d;
  const Reader in(frame, d);
  if (!in.has(0, 14)) {
    in.fault("Ethernet header is cut off");
    return d;
  }
  d.destination_mac = mac_text(in, 0);
  d.source_mac = mac_text(in, 6);
  std::size_t at = 12;
  if (in.u16(at) == 0x8100) {
    d.vlan_id = static_cast<uint16_t>(in.u16(at + 2) & 0xfff);
    at += 4;
    if (!in.has(at, 2)) in.fault("VLAN tag is cut off");
  }
  d.ether_type = static_cast<uint16_t>(in.u16(at));
  if (d.ether_type != 0x0800 && d.ether_type != 0x86dd) {
    take_payload(d, in.piece(at + 2, frame.size()));
    return d;
  }
  d.ip_offset = at + 2;
  decode_any_ip(Reader(in.piece(at + 2, frame.size()), d), d, false);
  return d;
}

Decoded decode_ip(Bytes packet, bool quoted) {
  Decoded d;
  const Reader in(packet, d);
  d.ether_type = in.u8(0) >> 4 == 6 ? 0x86dd : 0x0800;
  decode_any_ip(in, d, quoted);
  return d;
}

std::ostream& operator<<(std::ostream& out, const Decoded& d) {
  out << d.source << ":" << d.source_port << " > " << d.destination << ":" << d.destination_port
      << " protocol " << d.protocol << " ttl " << d.ttl << " bytes " << d.ip_bytes;
  if (d.protocol == IPPROTO_TCP) {
    out << " flags " << d.flags << " seq " << d.sequence << " ack " << d.acknowledgment;
  }
  if (d.icmp_type >= 0) out << " icmp " << d.icmp_type << "/" << d.icmp_code;
  for (const std::string& fault : d.faults) out << "; " << fault;
  return out;
}

}  // namespace weft::test
