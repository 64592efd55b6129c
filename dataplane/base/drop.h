// Every way a packet ends here, by name. The name is the counter's, the log's and weftctl's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weft {

enum class Drop : uint8_t {
  none,
  // parse_headers: what the bytes themselves forbid
  frame_truncated,         // shorter than the headers it announces
  ethertype_unknown,       // neither IPv4, IPv6 nor what the kernel wants on the twin
  vlan_foreign,            // not this interface's VLAN
  mac_foreign,             // unicast to another station's MAC address
  ip_header_malformed,     // version, IHL or options
  ip_length_wrong,         // total length beyond the frame or inside the header
  ip_checksum_wrong,       // IPv4 header checksum
  ip_source_route,         // LSRR, SSRR, or a routing header of type 0 or with segments left
  ip_source_invalid,       // multicast, broadcast, loopback or unspecified source
  ip_extensions_too_long,  // more IPv6 extension headers than are walked
  land,                    // source equals destination
  fragment_tiny,           // the first piece does not hold the whole L4 header
  fragment_overlap,        // a piece lies over a part of another
  l4_truncated,            // TCP or UDP header not inside the IP payload
  l4_malformed,            // TCP data offset or UDP length
  l4_checksum_wrong,       // where the device or the mode checks it
  l4_port_zero,
  tcp_flags_invalid,     // no flags, or SYN with FIN or RST
  protocol_unsupported,  // to a worker's address, neither TCP, UDP nor ICMP
  icmp_error_unmatched,  // quotes no flow of ours
  // follow_fragments
  fragment_table_full,  // no place to wait for a datagram's first piece
  fragment_timeout,     // the first piece did not come
  // match_listener, admit
  no_listener,    // a worker's address, but no listener and no flow
  blackholed,     // from a prefix that an operator blackholed
  prefix_denied,  // from a prefix that the listener denies, or does not allow
  transit,        // to no address of ours, and transit = "drop"
  stopping,       // a new flow while the gateway drains
  // track_flow, pick_endpoint
  flow_table_full,
  nat_tuple_conflict,    // client and endpoint already talk through another listener
  no_source_address,     // fullnat: the way to the endpoint has no source_addresses
  syn_cookie,            // nat under attack: a SYN that is answered by a cookie and forgotten
  streams_full,          // no room to remember how the two sides of a flow count (streams_max)
  source_ports_full,     // fullnat: every source address and port tried is in use for the endpoint
  new_flow_rate,         // more flows begin at the listener than it takes
  source_new_flow_rate,  // more flows of this client begin at it
  listener_flows_full,   // the listener has as many flows as it takes
  source_flows_full,     // this client has as many flows as the listener takes
  no_endpoint,           // the cluster has no endpoint that takes new flows
  endpoints_full,        // every endpoint that was tried has endpoint_flows_max flows
  endpoint_down,         // the flow's endpoint died and on_endpoint_down = "reset"
  handshake_failed,      // begun by a cookie: the endpoint, or the client, takes it back
  // forward, next_hop
  ttl_expired,
  stream_lost,     // the flow made room for another one of the same burst
  packet_too_big,  // for the tunnel or the next hop; nothing is fragmented here
  no_headroom,     // the buffer has no room for the outer header
  not_on_link,     // direct: the endpoint is behind a router
  no_route,
  next_hop_unresolved,  // the neighbour's link address is not known (yet)
  // from the twin
  probe_unknown,  // to a probe address that is no endpoint's, or nothing that a probe sends
  // between workers and devices
  handoff_full,
  twin_full,      // the kernel took no more, or the twin is down
  transmit_full,  // the device took no more, or cannot send such a frame
};

inline constexpr std::array drop_names = {
    std::string_view("none"),
    std::string_view("frame_truncated"),
    std::string_view("ethertype_unknown"),
    std::string_view("vlan_foreign"),
    std::string_view("mac_foreign"),
    std::string_view("ip_header_malformed"),
    std::string_view("ip_length_wrong"),
    std::string_view("ip_checksum_wrong"),
    std::string_view("ip_source_route"),
    std::string_view("ip_source_invalid"),
    std::string_view("ip_extensions_too_long"),
    std::string_view("land"),
    std::string_view("fragment_tiny"),
    std::string_view("fragment_overlap"),
    std::string_view("l4_truncated"),
    std::string_view("l4_malformed"),
    std::string_view("l4_checksum_wrong"),
    std::string_view("l4_port_zero"),
    std::string_view("tcp_flags_invalid"),
    std::string_view("protocol_unsupported"),
    std::string_view("icmp_error_unmatched"),
    std::string_view("fragment_table_full"),
    std::string_view("fragment_timeout"),
    std::string_view("no_listener"),
    std::string_view("blackholed"),
    std::string_view("prefix_denied"),
    std::string_view("transit"),
    std::string_view("stopping"),
    std::string_view("flow_table_full"),
    std::string_view("nat_tuple_conflict"),
    std::string_view("no_source_address"),
    std::string_view("syn_cookie"),
    std::string_view("streams_full"),
    std::string_view("source_ports_full"),
    std::string_view("new_flow_rate"),
    std::string_view("source_new_flow_rate"),
    std::string_view("listener_flows_full"),
    std::string_view("source_flows_full"),
    std::string_view("no_endpoint"),
    std::string_view("endpoints_full"),
    std::string_view("endpoint_down"),
    std::string_view("handshake_failed"),
    std::string_view("ttl_expired"),
    std::string_view("stream_lost"),
    std::string_view("packet_too_big"),
    std::string_view("no_headroom"),
    std::string_view("not_on_link"),
    std::string_view("no_route"),
    std::string_view("next_hop_unresolved"),
    std::string_view("probe_unknown"),
    std::string_view("handoff_full"),
    std::string_view("twin_full"),
    std::string_view("transmit_full"),
};

inline constexpr std::size_t drops = drop_names.size();
static_assert(drops == static_cast<std::size_t>(Drop::transmit_full) + 1);

constexpr std::string_view name(Drop drop) {
  return drop_names[static_cast<std::size_t>(drop)];
}

}  // namespace weft
