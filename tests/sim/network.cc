#include "tests/sim/network.h"

#include <fmt/format.h>

#include <algorithm>

namespace weft::sim {

static IpAddress ip(std::string_view text) {
  return IpAddress::parse(text).value();
}

static uint8_t last_byte(std::string_view address) {
  return static_cast<uint8_t>(
      std::stoi(std::string(address.substr(address.find_last_of('.') + 1))));
}

const std::vector<Service>& services() {
  static const std::vector<Service> all{
      {"tcp-nat",
       "203.0.113.1",
       80,
       Protocol::tcp,
       Forward::nat,
       {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"},
       8080},
      {"tcp-ipip",
       "203.0.113.2",
       80,
       Protocol::tcp,
       Forward::ipip,
       {"10.0.0.11", "10.0.0.12", "10.0.0.13", "10.0.0.14"},
       80},
      {"udp-nat",
       "203.0.113.3",
       53,
       Protocol::udp,
       Forward::nat,
       {"10.0.0.21", "10.0.0.22", "10.0.0.23"},
       5353},
      {"udp-ipip",
       "203.0.113.4",
       53,
       Protocol::udp,
       Forward::ipip,
       {"10.0.0.31", "10.0.0.32", "10.0.0.33"},
       53},
  };
  return all;
}

std::string endpoint_mac(std::string_view address) {
  return fmt::format("02:00:00:00:01:{:02x}", last_byte(address));
}

static mgmt::ClusterSettings cluster_of(const Service& service) {
  mgmt::ClusterSettings cluster;
  cluster.name = service.name;
  for (const std::string& address : service.endpoints) {
    cluster.endpoints.push_back({address, service.endpoint_port, 1});
  }
  cluster.health = mgmt::HealthSettings{
      .interval_ms = milliseconds(200), .timeout_ms = milliseconds(100), .fall = 2, .rise = 2};
  cluster.on_endpoint_down =
      service.forward == Forward::nat ? OnEndpointDown::reset : OnEndpointDown::move;
  cluster.resolve_interval_ms = seconds(10);
  return cluster;
}

mgmt::Model model_of(const std::vector<Service>& services, std::string_view hash_seed) {
  mgmt::Model model;
  model.gateway.name = "gw-1";
  model.gateway.workers = {0, 1};
  model.gateway.hash_seed = hash_seed;
  model.gateway.withdraw_ms = seconds(2);
  model.gateway.drain_timeout_ms = seconds(30);
  model.gateway.ready_after_ms = seconds(10);
  model.gateway.generations_max = 8;
  model.flows.half_open_timeout_ms = seconds(10);
  model.flows.established_timeout_ms = seconds(300);
  model.flows.closing_timeout_ms = seconds(10);
  model.flows.udp_timeout_ms = seconds(30);
  model.interfaces.resize(1);
  model.interfaces[0].name = "edge";
  model.interfaces[0].mtu_bytes = 1500;
  for (const Service& service : services) {
    model.clusters.push_back(cluster_of(service));
    mgmt::ListenerSettings listener;
    listener.name = listener.cluster = service.name;
    listener.address = IpPrefix::parse(service.address).value();
    listener.first_port = listener.last_port = service.port;
    listener.protocol = service.protocol;
    listener.forward = service.forward;
    model.listeners.push_back(std::move(listener));
  }
  return model;
}

mgmt::KernelView kernel_view(const std::vector<Service>& services) {
  mgmt::KernelView view;
  view.links.push_back({.interface = 0,
                        .mac = {2, 0, 0, 0, 0, 1},
                        .mtu_bytes = 1500,
                        .up = true,
                        .addresses = {ip("10.0.0.254")}});
  view.neighbours.push_back({0, ip("10.0.0.253"), {2, 0, 0, 0, 0, 0xfd}});
  for (const Service& service : services) {
    for (const std::string& address : service.endpoints) {
      view.neighbours.push_back({0, ip(address), {2, 0, 0, 0, 1, last_byte(address)}});
    }
  }
  std::ranges::sort(view.neighbours, {}, &mgmt::KernelNeighbour::address);
  view.routes.push_back({.to = IpPrefix::parse("0.0.0.0/0").value(), .gateway = ip("10.0.0.253")});
  view.routes.push_back({.to = IpPrefix::parse("10.0.0.0/24").value()});
  return view;
}

}  // namespace weft::sim
