#include "mgmt/config/composite_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "mgmt/config/read_values.h"
#include "pipelines/probe_addresses.h"

namespace weft::mgmt::config {

void read_flows(Reading& reading, const Key& key, const Node& node, GatewaySettings&) {
  read_table(reading, key, node, reading.model.flows);
}

// Unlike other addresses they may be in 240.0.0.0/4: no other host meets them.
void read_probe_addresses(Reading& reading, const Key& key, const Node& node,
                          GatewaySettings& gateway) {
  if (!is_list(reading, key, node, "a list of strings")) return;
  const ItemKey item_key(key);
  bool had[2] = {false, false};
  for (const Node& item : node.items) {
    if (!is_kind(reading, item_key.key(), item, Node::Kind::string, "a string")) continue;
    const auto prefix = parse_prefix(item.string);
    if (!prefix) {
      complain_of_string(reading, item, prefix.error());
      continue;
    }
    const bool v4 = prefix->address().is_v4();
    const uint32_t length_max = prefix->address().family_bits() - ProbeRange::host_bits_min;
    if (std::exchange(had[v4], true)) {
      complain_of_string(reading, item, "is the second prefix of its family");
    } else if (prefix->length() > length_max || prefix->length() == 0) {
      complain_of_string(reading, item,
                         fmt::format("must have a length from 1 to {}, so that there is an address "
                                     "for every endpoint",
                                     length_max));
    } else {
      gateway.probe_addresses.push_back(*prefix);
    }
  }
}

void read_listener_address(Reading& reading, const Key& key, const Node& node,
                           ListenerSettings& listener) {
  if (!is_kind(reading, key, node, Node::Kind::string, "a string")) return;
  if (const auto parsed = parse_listener_address(node.string)) {
    listener.address = parsed->address;
    listener.first_port = parsed->first_port;
    listener.last_port = parsed->last_port;
  } else {
    complain_of_string(reading, node, parsed.error());
  }
}

void read_protocol(Reading& reading, const Key& key, const Node& node, ListenerSettings& listener) {
  if (const auto index = read_choice(reading, key, node)) {
    listener.protocol = *index == 0 ? Protocol::tcp : Protocol::udp;
  }
}

void read_mss_clamp(Reading& reading, const Key& key, const Node& node,
                    ListenerSettings& listener) {
  if (node.kind == Node::Kind::string && node.string == "auto") {
    listener.mss_clamp_bytes = mss_clamp_auto;
    return;
  }
  const bool number = node.kind == Node::Kind::integer;
  if (!number || node.integer < key.limits.min || node.integer > key.limits.max) {
    reading.complain(node.at, fmt::format("{} must be \"auto\" or a number from {} to {}", key.name,
                                          key.limits.min, key.limits.max));
    return;
  }
  listener.mss_clamp_bytes = static_cast<uint16_t>(node.integer);
}

void read_balance(Reading& reading, const Key& key, const Node& node, ClusterSettings&) {
  read_choice(reading, key, node);
}

void read_maglev_slots(Reading& reading, const Key& key, const Node& node,
                       ClusterSettings& cluster) {
  if (!is_kind(reading, key, node, Node::Kind::integer, "an integer")) return;
  const std::string digits = std::to_string(node.integer);
  if (std::find(maglev_sizes.begin(), maglev_sizes.end(), digits) == maglev_sizes.end()) {
    std::string sizes;
    for (const std::string_view size : maglev_sizes) sizes += fmt::format(" {},", size);
    sizes.pop_back();
    reading.complain(node.at, fmt::format("{} must be one of{}, not {}", key.name, sizes, digits));
    return;
  }
  cluster.maglev_slots = static_cast<uint32_t>(node.integer);
}

void read_endpoint_address(Reading& reading, const Key& key, const Node& node,
                           EndpointSettings& endpoint) {
  if (!is_kind(reading, key, node, Node::Kind::string, "a string")) return;
  if (auto parsed = parse_endpoint_address(node.string)) {
    endpoint.host = std::move(parsed->host);
    endpoint.port = parsed->port;
  } else {
    complain_of_string(reading, node, parsed.error());
  }
}

// An endpoint is a table, or only its address.
void read_endpoints(Reading& reading, const Key& key, const Node& node, ClusterSettings& cluster) {
  if (!is_list(reading, key, node, "a list")) return;
  cluster.endpoints.reserve(node.items.size());
  for (const Node& item : node.items) {
    EndpointSettings& endpoint = cluster.endpoints.emplace_back();
    if (item.kind == Node::Kind::string) {
      read_endpoint_address(reading, key, item, endpoint);
    } else if (item.kind == Node::Kind::table) {
      reading.table("cluster.endpoints", item, &endpoint);
    } else {
      reading.complain(item.at, fmt::format("each of endpoints must be a string or a table, not {}",
                                            describe(item.kind)));
    }
  }
}

void read_health_tcp(Reading& reading, const Key& key, const Node& node, HealthSettings& health) {
  if (!is_kind(reading, key, node, Node::Kind::boolean, "true")) return;
  if (!node.boolean) reading.complain(node.at, "tcp must be true, or absent");
  health.kind = HealthSettings::Kind::tcp;
}

void read_health_http(Reading& reading, const Key& key, const Node& node, HealthSettings& health) {
  health.kind = HealthSettings::Kind::http;
  read_value(reading, key, node, health.path);
}

void read_status(Reading& reading, const Key& key, const Node& node, HealthSettings& health) {
  if (!is_kind(reading, key, node, Node::Kind::string, "a string such as \"200-399\"")) return;
  if (const auto parsed = parse_status(node.string)) {
    health.first_status = parsed->first;
    health.last_status = parsed->last;
  } else {
    complain_of_string(reading, node, parsed.error());
  }
}

}  // namespace weft::mgmt::config
