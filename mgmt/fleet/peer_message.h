// A datagram between two gateways of a fleet: who says it, that it is fresh, and flows at risk.
// Pure functions on bytes. All numbers are in network order:
//   magic 4, speaker 8, challenge 8, answer 8, sequence 8, flows 2, the flows, code 16
// A flow is families 1 (bit 0: client and listener are IPv6, bit 1: the endpoint is), client,
// listener, endpoint (4 or 16 each), their ports 2 each. The code is HMAC-SHA-256 (RFC 2104) over
// all before it, the first 16 bytes; its key is derived from fleet and fleet_key.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "dataplane/table/peer_flows.h"

namespace weft::mgmt {

using FleetKey = std::array<std::byte, 32>;
FleetKey fleet_key(std::string_view fleet, std::string_view key);

struct PeerHeader {
  uint64_t speaker = 0;    // drawn at random when the process began; not 0
  uint64_t challenge = 0;  // the one who hears this is to answer with it; not 0
  uint64_t answer = 0;     // the challenge that was heard last; 0: none yet
  uint64_t sequence = 0;   // grows
  bool operator==(const PeerHeader&) const = default;
};

struct PeerMessage {
  PeerHeader header;
  std::vector<PlacedFlow> flows;
};

// What fits into any path (the smallest IPv6 MTU, less its and UDP's header).
inline constexpr std::size_t peer_message_bytes_max = 1232;
// So many of the largest flows fit.
inline constexpr std::size_t peer_message_flows_max = 21;

// Flows as they stand in messages. Requires: flow.client and flow.listener are of one family.
std::size_t flow_bytes(const PlacedFlow& flow);
void append_flow(std::vector<std::byte>& to, const PlacedFlow& flow);

// Requires: `flows` are `count` flows, appended; all fits.
std::vector<std::byte> encode(const PeerHeader& header, uint16_t count,
                              std::span<const std::byte> flows, const FleetKey& key);
// Nothing: not of this fleet, damaged, or not well formed.
std::optional<PeerMessage> decode(std::span<const std::byte> bytes, const FleetKey& key);

inline constexpr std::size_t peer_header_bytes = 4 + 4 * 8 + 2;
inline constexpr std::size_t peer_code_bytes = 16;
inline constexpr std::size_t peer_flows_bytes_max =
    peer_message_bytes_max - peer_header_bytes - peer_code_bytes;

}  // namespace weft::mgmt
