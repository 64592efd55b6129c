// Readers of the keys that are not one member of one struct. Only schema.cc names them.
#pragma once

#include <array>
#include <string_view>

#include "mgmt/config/reading.h"
#include "mgmt/config/schema.h"

namespace weft::mgmt::config {

inline constexpr std::array<std::string_view, 2> l4_protocols = {"tcp", "udp"};
inline constexpr std::array<std::string_view, 6> maglev_sizes = {"1021",  "4093",   "16381",
                                                                 "65521", "262139", "1048573"};

void read_flows(Reading& reading, const Key& key, const Node& node, GatewaySettings&);
void read_probe_addresses(Reading& reading, const Key& key, const Node& node,
                          GatewaySettings& gateway);
void read_sync(Reading& reading, const Key& key, const Node& node, GatewaySettings&);
void read_listener_address(Reading& reading, const Key& key, const Node& node,
                           ListenerSettings& listener);
void read_protocol(Reading& reading, const Key& key, const Node& node, ListenerSettings& listener);
void read_mss_clamp(Reading& reading, const Key& key, const Node& node, ListenerSettings& listener);
void read_balance(Reading& reading, const Key& key, const Node& node, ClusterSettings&);
void read_maglev_slots(Reading& reading, const Key& key, const Node& node,
                       ClusterSettings& cluster);
void read_server_id(Reading& reading, const Key& key, const Node& node, EndpointSettings& endpoint);
void read_endpoint_address(Reading& reading, const Key& key, const Node& node,
                           EndpointSettings& endpoint);
void read_endpoints(Reading& reading, const Key& key, const Node& node, ClusterSettings& cluster);
void read_health_tcp(Reading& reading, const Key& key, const Node& node, HealthSettings& health);
void read_health_http(Reading& reading, const Key& key, const Node& node, HealthSettings& health);
void read_status(Reading& reading, const Key& key, const Node& node, HealthSettings& health);

}  // namespace weft::mgmt::config
