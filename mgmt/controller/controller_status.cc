// What the controller says of its gateway.
#include <fmt/format.h>

#include "dataplane/table/maglev.h"
#include "mgmt/controller/controller.h"

namespace weft::mgmt {

// As the configuration writes it: "203.0.113.10:80", "203.0.113.0/24:8000-8099", "[fd00::1]:80".
static std::string address_text(const ListenerSettings& listener) {
  const IpPrefix& prefix = listener.address;
  std::string address = prefix.is_host() ? prefix.address().to_string() : prefix.to_string();
  if (!prefix.address().is_v4()) address = fmt::format("[{}]", address);
  if (listener.first_port == listener.last_port) {
    return fmt::format("{}:{}", address, listener.first_port);
  }
  return fmt::format("{}:{}-{}", address, listener.first_port, listener.last_port);
}

ListenerStatus Controller::status_of(const TrackedListener& listener) const {
  const ListenerSettings& settings = listener.settings;
  return {.id = listener.id,
          .name = settings.name,
          .address = address_text(settings),
          .protocol = settings.protocol == Protocol::tcp ? "tcp" : "udp",
          .forward = std::string(name(settings.forward)),
          .cluster = settings.cluster,
          .ready = listener.ready,
          .why = listeners_.why_not_ready(listener, membership_)};
}

static ClusterStatus status_of(const TrackedCluster& cluster) {
  ClusterStatus status{
      .id = cluster.id,
      .name = cluster.settings.name,
      .maglev_slots = maglev_slots(cluster.live_endpoints, cluster.settings.maglev_slots),
      .previous_tables = static_cast<uint32_t>(cluster.tables.size()),
      .probed_through = cluster.probe_path ? cluster.probe_path->listener : "",
      .endpoints = {},
      .resolve_error = cluster.problem};
  status.endpoints.reserve(cluster.endpoints.size());
  for (const auto& [at, endpoint] : cluster.endpoints) {
    status.endpoints.push_back(
        {.id = endpoint.id,
         .address = at.address,
         .port = at.port,
         .host = endpoint.host,
         .weight = endpoint.weight,
         .state = endpoint.health.state(),
         .new_flows_share = static_cast<double>(endpoint.share) / flow_shares,
         .since = endpoint.health.since(),
         .why = endpoint.health.why(),
         .last_probe = endpoint.health.last_probe()});
  }
  return status;
}

GatewayStatus Controller::status() const {
  GatewayStatus status;
  status.name = model_->gateway.name;
  status.phase = lifecycle_.phase();
  status.started = started_;
  status.snapshot_generation = published_generation_;
  status.policy_generations_live = policy_generations_live_;
  status.config_version = config_version_;
  status.config_since = config_since_;
  status.last_reload_error = last_reload_error_;
  status.probes_in_flight = membership_.probes_in_flight();
  status.probes_max = settings_.probes.probes_max;
  for (const InterfaceSettings& interface : model_->interfaces) {
    status.interfaces.push_back(interface.name);
  }
  for (const TrackedListener* listener : listeners_.live()) {
    status.listeners.push_back(status_of(*listener));
  }
  for (const TrackedCluster* cluster : membership_.live()) {
    status.clusters.push_back(weft::mgmt::status_of(*cluster));
  }
  status.orders = membership_.orders();
  status.blackholes = static_cast<uint32_t>(blackholes_.prefixes().size());
  return status;
}

}  // namespace weft::mgmt
