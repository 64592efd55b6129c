// The choices a configuration makes about packets, in one word each: used by the model, the
// snapshot and the stages alike.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace weft {

enum class Forward : uint8_t { nat, fullnat, ipip, gue, gre, direct };
enum class HashOn : uint8_t { five_tuple, source };
// What one choice of an endpoint holds for: a flow, or a datagram alone.
enum class UdpChoice : uint8_t { flow, per_packet };
enum class OnEndpointDown : uint8_t { reset, move, keep };
enum class ClientAddress : uint8_t { none, toa, proxy_v1, proxy_v2 };  // how an endpoint learns it
enum class Transit : uint8_t { drop, twin };

inline constexpr std::array<std::string_view, 6> forward_names = {"nat", "fullnat", "ipip",
                                                                  "gue", "gre",     "direct"};

constexpr std::string_view name(Forward forward) {
  return forward_names[static_cast<std::size_t>(forward)];
}

// Addresses are rewritten, and replies come back through the gateway.
constexpr bool is_nat(Forward forward) {
  return forward == Forward::nat || forward == Forward::fullnat;
}
// By a header of the PROXY protocol in front of what the client sends.
constexpr bool is_proxy(ClientAddress way) {
  return way == ClientAddress::proxy_v1 || way == ClientAddress::proxy_v2;
}
// A listener's mss_clamp_bytes: what fits the way to the endpoint.
inline constexpr uint16_t mss_clamp_auto = UINT16_MAX;

// The packet travels inside another one.
constexpr bool is_tunnel(Forward forward) {
  return forward == Forward::ipip || forward == Forward::gue || forward == Forward::gre;
}

}  // namespace weft
