#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "mgmt/config/checks.h"
#include "mgmt/config/place.h"

namespace weft::mgmt::config {

namespace {

bool has_id(const EndpointSettings& endpoint) {
  return endpoint.server_id.length() != 0;
}

Offset id_place(const Node& root, std::size_t cluster, std::size_t endpoint) {
  return place(root, {"cluster", cluster, "endpoints", endpoint, "server_id"});
}

// Each server of a cluster has an id of its own, and all are of one length.
void check_server_ids(Reading& reading, const Node& root, std::size_t c) {
  const std::vector<EndpointSettings>& endpoints = reading.model.clusters[c].endpoints;
  std::map<QuicServerId, Offset> seen;
  const EndpointSettings* first = nullptr;
  for (std::size_t e = 0; e < endpoints.size(); ++e) {
    if (!has_id(endpoints[e])) continue;
    const Offset at = id_place(root, c, e);
    if (!endpoints[e].host.empty() && !IpAddress::parse(endpoints[e].host)) {
      reading.complain(at, fmt::format("server_id is for one address, and \"{}\" may have several",
                                       endpoints[e].host));
      continue;
    }
    if (first == nullptr) first = &endpoints[e];
    const uint32_t bytes = endpoints[e].server_id.length();
    if (bytes != first->server_id.length()) {
      reading.complain(at, fmt::format("server_id has {} bytes, the others of this cluster have {}",
                                       bytes, first->server_id.length()));
    }
    const auto [known, is_new] = seen.emplace(endpoints[e].server_id, at);
    if (is_new) continue;
    reading.complain(at, fmt::format("this server_id is another endpoint's already, in line {}",
                                     reading.line(known->second)));
  }
}

void check_one(Reading& reading, const Node& root, std::size_t listener, std::size_t q) {
  const QuicLbSettings& quic = reading.model.listeners[listener].quic[q];
  const auto at = [&](std::string_view key) {
    return place(root, {"listener", listener, "quic", q, key});
  };
  const int bytes = quic.server_id_bytes + quic.nonce_bytes;
  if (bytes > static_cast<int>(quic_lb::plain_bytes_max)) {
    reading.complain(at("nonce_bytes"),
                     fmt::format("server_id_bytes and nonce_bytes are {} together, at most {} are "
                                 "possible",
                                 bytes, quic_lb::plain_bytes_max));
  }
  const Node& table = node_at(root, {"listener", listener, "quic", q});
  if (table.kind != Node::Kind::table) return;
  if (table.find("key") != nullptr && table.find("key_file") != nullptr) {
    reading.complain(std::max(at("key"), at("key_file")), "either key or key_file, not both");
  }
}

void check_rotations(Reading& reading, const Node& root, std::size_t listener) {
  std::map<int64_t, Offset> seen;
  for (std::size_t q = 0; q < reading.model.listeners[listener].quic.size(); ++q) {
    const Node& rotation = node_at(root, {"listener", listener, "quic", q, "rotation"});
    if (rotation.kind != Node::Kind::integer) continue;
    const auto [first, is_new] = seen.emplace(rotation.integer, rotation.at);
    if (is_new) continue;
    reading.complain(rotation.at, fmt::format("rotation {} is in this listener already, in line {}",
                                              rotation.integer, reading.line(first->second)));
  }
}

// What the servers write into connection ids is what is looked for in them.
void check_against_cluster(Reading& reading, const Node& root, std::size_t listener) {
  const ListenerSettings& settings = reading.model.listeners[listener];
  const auto& clusters = reading.model.clusters;
  const auto cluster = std::ranges::find(clusters, settings.cluster, &ClusterSettings::name);
  if (cluster == clusters.end() || cluster->endpoints.empty()) return;
  const auto with_id = std::ranges::find_if(cluster->endpoints, has_id);
  if (with_id == cluster->endpoints.end()) {
    const auto c = static_cast<std::size_t>(cluster - clusters.begin());
    const Node& table = node_at(root, {"cluster", c, "endpoints"});
    const bool given = std::ranges::any_of(
        table.items, [](const Node& item) { return item.find("server_id") != nullptr; });
    if (given) return;  // complained of
    return reading.complain(
        place(root, {"listener", listener, "quic"}),
        fmt::format("quic needs a server_id at the endpoints of cluster \"{}\"", cluster->name));
  }
  const uint32_t bytes = with_id->server_id.length();
  for (std::size_t q = 0; q < settings.quic.size(); ++q) {
    const uint32_t wanted = settings.quic[q].server_id_bytes;
    if (wanted == 0 || wanted == bytes) continue;
    reading.complain(place(root, {"listener", listener, "quic", q, "server_id_bytes"}),
                     fmt::format("server_id_bytes is {}, but each server_id of cluster \"{}\" has "
                                 "{} bytes",
                                 wanted, cluster->name, bytes));
  }
}

void check_listener(Reading& reading, const Node& root, std::size_t listener) {
  if (node_at(root, {"listener", listener, "protocol"}).string == "tcp") {
    reading.complain(place(root, {"listener", listener, "quic"}),
                     "quic is for protocol = \"udp\" only");
  }
  for (std::size_t q = 0; q < reading.model.listeners[listener].quic.size(); ++q) {
    check_one(reading, root, listener, q);
  }
  check_rotations(reading, root, listener);
  check_against_cluster(reading, root, listener);
}

}  // namespace

void check_quic(Reading& reading, const Node& root) {
  for (std::size_t c = 0; c < reading.model.clusters.size(); ++c) {
    check_server_ids(reading, root, c);
  }
  for (std::size_t i = 0; i < reading.model.listeners.size(); ++i) {
    if (!reading.model.listeners[i].quic.empty()) check_listener(reading, root, i);
  }
}

}  // namespace weft::mgmt::config
