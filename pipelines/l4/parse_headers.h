// The first stage: checks every frame once, so that no later stage can read past one or believe a
// lie, and fills burst.headers, burst.fragments and burst.icmp. What the bytes forbid is dropped
// under the names in base/drop.h.
//
//   to a group MAC address, ARP and other kernel protocols, ND   live, Payload::none
//   IPv4, IPv6                                                  live, or a drop
//   another EtherType                                           ethertype_unknown
//
// Frames with Payload::none are the kernel's: nothing of theirs is checked and only `payload` of
// their headers is set. The checks are those whose breach no honest sender causes:
//   - land is an equal source and destination address, whatever the ports: a host's packets to
//     itself never reach a wire.
//   - port 0 is refused on both sides. RFC 768 lets a UDP sender that wants no reply use it; nobody
//     does, and a flow from port 0 cannot be told from an unset one.
//   - a first piece of TCP or UDP that does not hold the whole L4 header is fragment_tiny, one that
//     lies over a TCP header fragment_overlap (RFC 1858, RFC 7112): ports come from the first
//     piece.
//   - IPv6 extension headers are walked as far as wire/ipv6.h says; beyond: ip_extensions_too_long.
//   - an IPv4-mapped address on the wire (RFC 4291, 2.5.5.2) would be taken for IPv4:
//     ip_source_invalid, or ip_header_malformed as a destination.
//   - TCP and UDP checksums are the endpoint's to check, unless the device says that one is wrong
//     (then it is computed to be sure). That of ICMP errors is always checked.
//
// Thread safety: none needed, touches only the burst.
#pragma once

#include <cstdint>
#include <optional>

#include "dataplane/wire/burst.h"
#include "dataplane/wire/ethernet.h"

namespace weft {

// What an interface takes from its link.
struct LinkFilter {
  std::optional<uint16_t> vlan_id;  // none: untagged (or priority-tagged) frames
  // Drops unicast frames to another station as mac_foreign. None: takes all, for a device that
  // filters by itself or a twin with several addresses (VRRP).
  std::optional<MacAddress> mac;
};

// Requires: every packet of the burst is live, headers not yet set.
void parse_headers(Burst& burst, const LinkFilter& link);

}  // namespace weft
