#include "tests/fuzz/drops.h"

#include <algorithm>

#include "tests/fuzz/forwarding.h"
#include "tests/fuzz/judge.h"

namespace weft::fuzz {
namespace {

bool is_workers(const std::string& address, const Variant& variant) {
  const auto has = [&](const Service& service) {
    if (service.goes && variant.smaller) return false;
    return service.prefix.empty() ? service.address == address : is_in(service.prefix, address);
  };
  if (std::ranges::any_of(services(), has)) return true;
  return variant.source_addresses &&
         (is_in(source_prefix, address) || is_in(source_prefix_v6, address));
}

bool is_routed(const std::string& address) {
  constexpr std::string_view routes[] = {"10.0.0.0/8", "192.0.2.0/24", "fd00::/16",
                                         "2001:db8::/32"};
  return std::ranges::any_of(routes, [&](auto route) { return is_in(route, address); });
}

bool is_denied(const std::string& source) {
  if (source == clients[2] || source == clients_v6[2]) return true;
  return !is_in("10.0.0.0/24", source) && !is_in("fd00::/16", source);
}

// With ports, which the first piece of its datagram had.
bool is_piece(const Decoded& d) {
  return d.more_fragments || d.fragment_offset_bytes != 0;
}

// Said of a packet to a listener.
bool is_true_of(Drop drop, const Service& service, const Decoded& in, const DropScene& scene) {
  const FuzzCluster& cluster = cluster_of(service);
  switch (drop) {
    case Drop::prefix_denied:
      return service.lists && is_denied(in.source);
    case Drop::stopping:
      return scene.refuses_new_flows;
    case Drop::flow_table_full:
      return is_nat(service.forward);
    case Drop::nat_tuple_conflict:
      return service.forward == Forward::nat;
    case Drop::syn_cookie:  // in a flood, or for a while after it
      return is_nat(service.forward) && in.protocol == 6 && (in.flags & 0x12) == 0x02;
    case Drop::handshake_failed:
    case Drop::streams_full:
    case Drop::stream_lost:
      return is_nat(service.forward) && in.protocol == 6;
    case Drop::no_source_address:
      return service.forward == Forward::fullnat && !scene.variant.source_addresses;
    case Drop::source_ports_full:
      return service.forward == Forward::fullnat;
    case Drop::new_flow_rate:
    case Drop::source_new_flow_rate:
    case Drop::listener_flows_full:
    case Drop::source_flows_full:
      return service.limited;
    case Drop::no_endpoint:
      return true;
    case Drop::endpoints_full:
      return cluster.flows_max != 0;
    case Drop::endpoint_down:
      return cluster.on_down == OnEndpointDown::reset;
    case Drop::not_on_link:
      return service.forward == Forward::direct && service.cluster == "far";
    default:
      return false;
  }
}

bool is_true_of_any(Drop drop, const Decoded& in, const DropScene& scene) {
  return std::ranges::any_of(services_of(in, scene.variant), [&](const Service* service) {
    return is_true_of(drop, *service, in, scene);
  });
}

bool is_true_of_path(Drop drop, const Decoded& in, const DropScene& scene) {
  constexpr std::size_t grows_bytes_max = 48;  // what gue over IPv6 adds
  switch (drop) {
    case Drop::fragment_table_full:
      return is_piece(in);
    case Drop::fragment_timeout:
      return is_piece(in) && scene.piece_waited_too_long;
    case Drop::protocol_unsupported:
      return is_workers(in.destination, scene.variant);
    case Drop::icmp_error_unmatched:
      return is_icmp_error(in);
    case Drop::no_listener:
      return is_workers(in.destination, scene.variant) &&
             (is_piece(in) || services_of(in, scene.variant).empty());
    case Drop::blackholed:
      return scene.variant.blackholes && (in.source == clients[1] || in.source == clients_v6[1]);
    case Drop::transit:
      return scene.variant.transit == Transit::drop && !is_workers(in.destination, scene.variant);
    case Drop::ttl_expired:
      return in.ttl <= 1;
    case Drop::packet_too_big:
      return is_icmp_error(in) || in.ip_bytes + grows_bytes_max > scene.variant.mtu_bytes;
    case Drop::no_route:
      return !is_routed(in.source) || !is_routed(in.destination) ||
             is_in(source_prefix, in.destination) || is_in(source_prefix_v6, in.destination);
    case Drop::next_hop_unresolved:
      return true;
    case Drop::handshake_failed:  // of an endpoint's in pieces, or whose listener is gone
    case Drop::stream_lost:
      return in.protocol == 6;
    case Drop::not_on_link:  // an error is the endpoint's that it quotes
      return is_icmp_error(in) || is_true_of_any(drop, in, scene);
    default:
      return is_true_of_any(drop, in, scene);
  }
}

}  // namespace

std::string complaint_about(Drop drop, const test::Bytes& frame, const Decoded& in,
                            const DropScene& scene) {
  const bool by_parsing = drop != Drop::none && drop <= Drop::tcp_flags_invalid;
  const bool overlap = drop == Drop::fragment_overlap && is_piece(in);
  // Where handshakes are the gateway's own.
  const bool damaged = drop == Drop::l4_checksum_wrong && in.protocol == 6 && !in.sound();
  const bool fine = by_parsing
                        ? scene.in_segments || overlap || damaged || is_true(drop, frame, in, {})
                        : is_true_of_path(drop, in, scene);
  return fine ? "" : "dropped without being so: " + std::string(name(drop));
}

}  // namespace weft::fuzz
