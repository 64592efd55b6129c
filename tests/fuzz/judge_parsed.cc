#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/fuzz/judge.h"

namespace weft::fuzz {
namespace {

bool has_fault(const Decoded& d, std::string_view part) {
  return std::any_of(d.faults.begin(), d.faults.end(), [&](const std::string& fault) {
    return fault.find(part) != std::string::npos;
  });
}

uint8_t byte_at(const Bytes& frame, std::size_t at) {
  return at < frame.size() ? std::to_integer<uint8_t>(frame[at]) : 0;
}

bool is_mapped(const std::string& address) {
  return address.starts_with("::ffff:") && address.find('.') != std::string::npos;
}

bool source_invalid(const Decoded& d) {
  const std::string& s = d.source;
  if (d.version == 6) {
    // inet_ntop writes ::a.b.c.d for some; only the two below are special.
    return s == "::" || s == "::1" || (s.starts_with("ff") && s.find(':') == 4) || is_mapped(s);
  }
  const int first = std::atoi(s.c_str());
  return s == "0.0.0.0" || s == "255.255.255.255" || first == 127 || (first >= 224 && first < 240);
}

bool to_group(const Bytes& frame) {
  return (byte_at(frame, 0) & 1) != 0;
}

bool vlan_foreign(const Decoded& d, const LinkFilter& link) {
  const bool again = d.ether_type == 0x8100 || d.ether_type == 0x88a8;
  return again || d.vlan_id.value_or(0) != link.vlan_id.value_or(0);
}

bool flags_invalid(int flags) {
  const bool syn = (flags & 2) != 0;
  return (flags & 0x3f) == 0 || (syn && (flags & 5) != 0);
}

bool has_transport(const Decoded& d) {
  return d.fragment_offset_bytes == 0 && (d.protocol == 6 || d.protocol == 17);
}

// A piece that is not the first.
Payload kind_of_later(const Decoded& d) {
  const bool unknown = d.version == 6 && (d.protocol == 43 || d.protocol == 44 ||
                                          d.protocol == 51 || d.protocol == 60 || d.protocol == 0);
  if (d.protocol == 6 || d.protocol == 17 || unknown) return Payload::later_fragment;
  return d.protocol == (d.version == 4 ? 1 : 58) ? Payload::icmp_echo : Payload::other;
}

}  // namespace

bool is_true(Drop drop, const Bytes& frame, const Decoded& d, const LinkFilter& link) {
  switch (drop) {
    case Drop::frame_truncated:
      return has_fault(d, "Ethernet header is cut off") || has_fault(d, "VLAN tag is cut off") ||
             has_fault(d, "IPv4 header is cut off") || has_fault(d, "IPv6 header is cut off") ||
             has_fault(d, "IHL is beyond") || has_fault(d, "extension header is cut off");
    case Drop::ethertype_unknown:
      return d.version == 0 && !to_group(frame);
    case Drop::vlan_foreign:
      return vlan_foreign(d, link);
    case Drop::mac_foreign:
      return link.mac && !std::equal(link.mac->begin(), link.mac->end(), frame.begin(),
                                     [](uint8_t a, std::byte b) { return std::byte{a} == b; });
    case Drop::ip_header_malformed:
      return has_fault(d, "IP version") || has_fault(d, "IHL is below") ||
             has_fault(d, "IP option") || has_fault(d, "hop-by-hop options are not first") ||
             has_fault(d, "a second fragment header") ||
             (d.version == 6 && is_mapped(d.destination));
    case Drop::ip_length_wrong:
      return has_fault(d, "IP total length") || has_fault(d, "IP payload length");
    case Drop::ip_checksum_wrong:
      return has_fault(d, "IPv4 checksum is wrong");
    case Drop::ip_source_route:
      return has_fault(d, "IP source route");
    case Drop::ip_extensions_too_long:
      return has_fault(d, "too many extension headers");
    case Drop::fragment_tiny:
      return has_fault(d, "the first piece is tiny");
    case Drop::fragment_overlap:
      return d.protocol == 6 && d.fragment_offset_bytes != 0 && d.fragment_offset_bytes < 20;
    case Drop::ip_source_invalid:
      return source_invalid(d);
    case Drop::land:
      return d.source == d.destination;
    case Drop::l4_truncated:
      return has_fault(d, "TCP header is cut off") || has_fault(d, "UDP header is cut off") ||
             has_fault(d, "ICMP message is cut off");
    case Drop::l4_malformed:
      return has_fault(d, "TCP data offset") || has_fault(d, "UDP length");
    case Drop::l4_checksum_wrong:
      return has_fault(d, "ICMP checksum is wrong");
    case Drop::l4_port_zero:
      return has_transport(d) && (d.source_port == 0 || d.destination_port == 0);
    case Drop::tcp_flags_invalid:
      return has_transport(d) && d.protocol == 6 && flags_invalid(d.flags);
    default:
      return false;
  }
}

namespace {

Payload kind_of(const Decoded& d) {
  if (d.fragment_offset_bytes != 0) return kind_of_later(d);
  if (d.protocol == 6 || d.protocol == 17) {
    return d.more_fragments ? Payload::first_fragment : Payload::transport;
  }
  if (d.version == 4 && d.protocol == 1) {
    const int errors[] = {3, 4, 5, 11, 12};
    const bool error = std::find(std::begin(errors), std::end(errors), d.icmp_type) != errors + 5;
    if (error) return Payload::icmp_error;
    return d.icmp_type == 0 || d.icmp_type == 8 ? Payload::icmp_echo : Payload::other;
  }
  if (d.version == 6 && d.protocol == 58) {
    if (d.icmp_type < 128) return Payload::icmp_error;
    return d.icmp_type <= 129 ? Payload::icmp_echo : Payload::other;
  }
  return Payload::other;
}

void judge_kernels(const Bytes& frame, const Decoded& d) {
  const bool discovery = d.version == 6 && d.protocol == 58 && d.icmp_type >= 133;
  const bool other = d.ether_type != 0x0800 && d.ether_type != 0x86dd;
  expect(to_group(frame) || other || (discovery && d.icmp_type <= 137),
         "an IP packet was taken for the kernel's", frame);
}

void judge_fields(const Bytes& frame, const Decoded& d, const Headers& headers) {
  expect(headers.source.to_string() == d.source && headers.v4 == (d.version == 4), "source", frame);
  expect(headers.destination.to_string() == d.destination, "destination", frame);
  expect(headers.ip_offset == d.ip_offset && headers.l4_offset == d.l4_offset, "offsets", frame);
  expect(headers.ip_bytes == d.ip_bytes, "length", frame);
  expect(headers.ttl == d.ttl && headers.dont_fragment == d.dont_fragment, "TTL or DF", frame);
  expect(headers.payload == kind_of(d), "kind of payload", frame);
  const bool transport =
      headers.payload == Payload::transport || headers.payload == Payload::first_fragment;
  expect(headers.source_port.host() == (transport ? d.source_port : 0), "source port", frame);
  expect(headers.destination_port.host() == (transport ? d.destination_port : 0), "port", frame);
  expect(headers.tcp_flags == (transport ? d.flags : 0), "TCP flags", frame);
  if (is_fragment(headers.payload)) {
    expect(headers.datagram_id == d.identification, "datagram id", frame);
  }
  expect(static_cast<int>(headers.protocol) == d.protocol, "protocol", frame);
}

}  // namespace

void expect(bool fine, std::string_view complaint, const Bytes& frame) {
  if (fine) return;
  std::fprintf(stderr, "wrong: %.*s\nframe:", static_cast<int>(complaint.size()), complaint.data());
  for (const std::byte byte : frame) std::fprintf(stderr, " %02x", std::to_integer<int>(byte));
  std::fprintf(stderr, "\n");
  std::abort();
}

void judge_parsed(const Bytes& frame, const LinkFilter& link, Drop drop, const Headers& headers) {
  const Decoded d = test::decode(frame);
  if (drop != Drop::none) {
    const std::string complaint = "dropped without being so: " + std::string(name(drop));
    return expect(is_true(drop, frame, d, link), complaint, frame);
  }
  expect(!vlan_foreign(d, link), "a foreign VLAN was let in", frame);
  if (headers.payload == Payload::none) return judge_kernels(frame, d);
  for (const std::string& fault : d.faults) {
    const bool end_to_end =
        fault == "TCP checksum is wrong" || fault == "UDP checksum is wrong" ||
        fault == "UDP over IPv6 has no checksum" ||
        (fault == "ICMP checksum is wrong" && kind_of(d) != Payload::icmp_error);
    expect(end_to_end, "let in: " + fault, frame);
  }
  expect(!source_invalid(d) && d.source != d.destination, "a bad source was let in", frame);
  if (has_transport(d)) {
    expect(d.source_port != 0 && d.destination_port != 0, "port 0 was let in", frame);
    expect(d.protocol != 6 || !flags_invalid(d.flags), "TCP flags were let in", frame);
  }
  judge_fields(frame, d, headers);
}

}  // namespace weft::fuzz
