// Writes what a pcapng file is made of, block by block (draft-ietf-opsawg-pcapng-02, section 4), in
// the byte order of this host. A file is one section, then every interface, then packets and
// statistics in any order; Wireshark and tcpdump read it. Pure: bytes go to the end of `out`.
// What is longer than an option can be (65,535 bytes) is cut.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dataplane/wire/ethernet.h"

namespace weft::mgmt::pcapng {

enum class BlockType : uint32_t {
  section_header = 0x0a0d0d0a,
  interface_description = 1,
  interface_statistics = 5,
  enhanced_packet = 6,
};

enum class OptionCode : uint16_t {
  end = 0,
  comment = 1,
  section_application = 4,
  interface_name = 2,
  interface_mac = 6,
  interface_time_resolution = 9,
  interface_filter = 11,
  packet_flags = 2,
  statistics_received = 4,
  statistics_lost = 5,
};

// The unit of every time here is told to readers as the interface's resolution.
using Nanoseconds = std::chrono::sys_time<std::chrono::nanoseconds>;

struct Interface {
  std::string name;
  std::optional<MacAddress> mac;
  uint32_t snap_bytes = 0;  // what is kept of a frame at most; 0: everything
  std::string filter;       // in libpcap's language; empty: none
};

enum class PacketDirection : uint8_t { unknown = 0, inbound = 1, outbound = 2 };  // section 4.3.1

struct Packet {
  uint32_t interface = 0;  // counted from 0 in the order of the descriptions
  Nanoseconds time;
  std::span<const std::byte> bytes;  // from the Ethernet header on, the front of the frame
  uint32_t frame_bytes = 0;          // of the whole frame
  PacketDirection direction = PacketDirection::unknown;
  std::string_view comment;  // UTF-8; empty: none
};

struct Statistics {
  uint32_t interface = 0;
  Nanoseconds time;
  uint64_t received = 0;  // packets since the capture began
  uint64_t lost = 0;      // packets among them that the capture had no room for
};

// Begins a file. `application`: who writes it.
void write_section(std::string& out, std::string_view application);
void write_interface(std::string& out, const Interface& interface);
void write_packet(std::string& out, const Packet& packet);
void write_statistics(std::string& out, const Statistics& statistics);

}  // namespace weft::mgmt::pcapng
