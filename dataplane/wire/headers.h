// What parse_headers learned of one frame, checked once: offsets lie inside the first segment,
// lengths inside the frame. 64 bytes, one cache line a packet.
#pragma once

#include <cstdint>

#include "dataplane/base/byte_order.h"
#include "dataplane/wire/ip_address.h"

namespace weft {

enum class Protocol : uint8_t { none = 0, icmp = 1, tcp = 6, udp = 17, icmpv6 = 58 };

namespace tcp_flag {
inline constexpr uint8_t fin = 0x01, syn = 0x02, rst = 0x04, psh = 0x08, ack = 0x10, urg = 0x20,
                         ece = 0x40, cwr = 0x80;
}  // namespace tcp_flag

// What kind of IP payload follows.
enum class Payload : uint8_t {
  none,            // not IP: for the twin
  transport,       // TCP or UDP, ports are set
  icmp_echo,       // and its reply; also a piece of one (errors are too short to have any)
  icmp_error,      // quoted_offset is set when the quoted packet carries ports
  first_fragment,  // of TCP or UDP: its whole L4 header is there, ports are set
  later_fragment,  // of TCP or UDP: no L4 header, ports are set by follow_fragments
  other,           // another IP protocol, or another ICMP message
};

constexpr bool is_fragment(Payload payload) {
  return payload == Payload::first_fragment || payload == Payload::later_fragment;
}

// The L4 ports and protocol of a datagram, as its first piece has them.
struct DatagramPorts {
  be16 source;
  be16 destination;
  Protocol protocol = Protocol::none;
  bool operator==(const DatagramPorts&) const = default;
};

struct alignas(64) Headers {
  IpAddress source;
  IpAddress destination;
  be16 source_port;
  be16 destination_port;
  uint16_t ip_offset = 0;  // bytes from the start of the frame
  uint16_t l4_offset = 0;  // behind IPv6 extension headers; bytes from the start of the frame
  uint16_t ip_bytes = 0;   // header and payload, from the IP header
  Protocol protocol = Protocol::none;
  Payload payload = Payload::none;
  uint8_t tcp_flags = 0;
  uint8_t ttl = 0;  // hop limit
  bool v4 = false;
  bool dont_fragment = false;
  uint32_t datagram_id = 0;    // of a fragment
  uint16_t quoted_offset = 0;  // of an ICMP error: the quoted IP header, bytes from frame start
  bool operator==(const Headers&) const = default;
};

static_assert(sizeof(Headers) == 64);

// Of TCP or UDP, and if a later piece of a datagram, one whose first piece is known: no packet has
// port 0.
constexpr bool has_ports(const Headers& headers) {
  return headers.source_port.raw != 0;
}

}  // namespace weft
