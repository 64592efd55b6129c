// Reads a frame from first principles and checks everything about it that a receiver could: the
// oracle of path tests, simulation and fuzzing. Shares no code with dataplane/wire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace weft::test {

struct Decoded {
  // Link
  std::string destination_mac, source_mac;  // "02:00:00:00:00:01"
  std::optional<uint16_t> vlan_id;          // of the outermost tag
  uint16_t ether_type = 0;

  // IP; version 0: the frame carries none
  int version = 0;
  std::string source, destination;
  std::size_t ip_offset = 0, ip_bytes = 0, l4_offset = 0;
  int ttl = 0, type_of_service = 0, protocol = 0;
  bool dont_fragment = false, more_fragments = false;
  std::size_t fragment_offset_bytes = 0;
  uint32_t identification = 0;
  std::vector<uint8_t> ip_options;
  std::vector<int> extensions;  // types of IPv6 extension headers, in order

  // TCP, UDP, ICMP; of a fragmented datagram in its first piece only
  int source_port = 0, destination_port = 0;
  uint32_t sequence = 0, acknowledgment = 0;
  int flags = 0, window = 0;
  std::vector<uint8_t> tcp_options;
  int icmp_type = -1, icmp_code = -1;
  uint32_t icmp_rest = 0;
  std::optional<uint16_t> l4_checksum;

  std::vector<std::byte> payload;   // of the innermost protocol understood: an ICMP error's quote,
                                    // an ipip packet's inner packet
  std::vector<std::string> faults;  // what a receiver would refuse the frame for; empty: sound

  bool sound() const { return faults.empty(); }
};

Decoded decode(std::span<const std::byte> frame);
// A packet from its IP header on: an inner packet. `quoted`: the bytes may end early, as in an ICMP
// error; what is cut off is no fault and L4 checksums are not checked.
Decoded decode_ip(std::span<const std::byte> packet, bool quoted = false);

std::ostream& operator<<(std::ostream& out, const Decoded& decoded);

}  // namespace weft::test
