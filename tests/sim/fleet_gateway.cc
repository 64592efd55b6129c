#include "tests/sim/fleet_gateway.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "dataplane/base/check.h"
#include "pipelines/l4/pick_endpoint.h"
#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"

namespace weft::sim {

static constexpr FlowsMax flows_max{16384, 4, 4, 4};
static constexpr uint32_t peer_flows_max = 16384;
static constexpr Duration holdings_interval = milliseconds(100);

static IpAddress ip(std::string_view text) {
  return IpAddress::parse(text).value();
}

// ---- models

IpAddress fleet_listener(uint32_t cluster) {
  return IpAddress::v4(be32(0xcb007101 + cluster));
}

mgmt::ClusterSettings fleet_cluster(std::string name) {
  mgmt::ClusterSettings cluster;
  cluster.name = std::move(name);
  cluster.health = mgmt::HealthSettings{
      .interval_ms = milliseconds(200), .timeout_ms = milliseconds(100), .fall = 2, .rise = 2};
  cluster.resolve_interval_ms = seconds(10);
  return cluster;
}

mgmt::Model fleet_model(std::vector<mgmt::ClusterSettings> clusters) {
  mgmt::Model model;
  model.gateway.name = "gw";
  model.gateway.workers = {0};
  model.gateway.hash_seed = "fleet";
  model.gateway.ready_after_ms = seconds(10);
  model.gateway.generations_max = 64;
  model.flows.half_open_timeout_ms = seconds(10);
  model.flows.established_timeout_ms = seconds(300);
  model.flows.closing_timeout_ms = seconds(10);
  model.flows.udp_timeout_ms = seconds(30);
  model.interfaces.resize(1);
  model.interfaces[0].name = "edge";
  model.interfaces[0].mtu_bytes = 1500;
  for (uint32_t c = 0; c < clusters.size(); ++c) {
    mgmt::ListenerSettings listener;
    listener.name = listener.cluster = clusters[c].name;
    listener.address = IpPrefix::host(fleet_listener(c));
    listener.first_port = listener.last_port = 80;
    listener.forward = Forward::ipip;
    model.listeners.push_back(std::move(listener));
  }
  model.clusters = std::move(clusters);
  return model;
}

static mgmt::KernelView kernel_view() {
  mgmt::KernelView view;
  view.links.push_back({.interface = 0,
                        .mac = {2, 0, 0, 0, 0, 1},
                        .mtu_bytes = 1500,
                        .up = true,
                        .addresses = {ip("192.0.2.254")}});
  view.neighbours.push_back({0, ip("192.0.2.1"), {2, 0, 0, 0, 1, 0}});
  view.routes.push_back({.to = *IpPrefix::parse("0.0.0.0/0"), .gateway = ip("192.0.2.1")});
  view.routes.push_back({.to = *IpPrefix::parse("192.0.2.0/24")});
  return view;
}

// ---- the gateway

static L4Settings l4_settings(uint64_t seed, const PeerFlows& peer_flows) {
  L4Settings settings;
  settings.peer_flows = &peer_flows;
  settings.flows_max = flows_max;
  settings.flow_key = {seed, 2, 3, 4};
  settings.steering_key = {seed, 6, 7, 8};
  settings.links.resize(1);
  return settings;
}

FleetGateway::FleetGateway(mgmt::Model model, uint64_t seed, Instant now,
                           std::vector<mgmt::PeerAddress> peers)
    : reader_(published_.reader(0)),
      peer_flows_(peer_flows_max, KeyedHash({seed, 9, 10, 11})),
      l4_(l4_settings(seed, peer_flows_), states_, refuse_new_flows_, counters_, FlowTimeouts{},
          now),
      now_(now),
      next_look_(now),
      publisher_(published_, mgmt::Publisher::Mode::synchronous,
                 [this](uint64_t generation) { published_generation_ = generation; }) {
  auto started = mgmt::Controller::start(std::move(model), {.random_seed = seed}, states_, now);
  CHECK(started);
  controller_ = *std::move(started);
  controller_->on_kernel(kernel_view());
  if (!peers.empty()) {
    sync_ = std::make_unique<mgmt::FleetSync>(
        mgmt::FleetSettings{
            .fleet = "fleet", .key = "key", .peers = std::move(peers), .random_seed = seed},
        peer_flows_,
        [this](const PlacedFlow& flow) { return controller_->endpoint_of(flow, now_); }, now);
  }
  reader_.online();
}

FleetGateway::~FleetGateway() {
  reader_.offline();
}

void FleetGateway::advance(Instant now, const std::set<IpAddress>& dead) {
  CHECK(now >= now_);
  now_ = now;
  publisher_.poll();
  if (now >= next_look_) {
    next_look_ = now + holdings_interval;
    const mgmt::WorkerReports reports(std::span(&counters_view_, 1));
    const auto live = publisher_.status().policy_generations.size();
    controller_->on_holdings({reports, counters_.flows_active(), static_cast<uint32_t>(live)}, now);
  }
  decide(dead);
  counters_.turn.snapshot_generation.set(snapshot().generation);
  l4_.idle(*reader_.read(), now);
  reader_.quiescent();
  if (sync_ != nullptr) sync();
}

void FleetGateway::sync() {
  l4_.flows_at_risk().take(UINT32_MAX, [this](const PlacedFlow& flow) { sync_->on_flow(flow); });
  mgmt::FleetSync::Actions actions = sync_->poll(now_);
  if (actions.look) l4_.flows_at_risk().ask();
  if (actions.held_changed) controller_->on_peers_hold(sync_->held());
  std::ranges::move(actions.datagrams, std::back_inserter(datagrams_));
}

void FleetGateway::hear(const mgmt::PeerAddress& from, std::span<const std::byte> datagram) {
  if (sync_ != nullptr) sync_->on_datagram(from, datagram, now_);
}

void FleetGateway::decide(const std::set<IpAddress>& dead) {
  for (bool again = true; again;) {
    const mgmt::Actions actions = controller_->poll(now_);
    if (actions.desired != nullptr) {
      publisher_.submit(actions.desired, actions.generation);
      controller_->on_published(published_generation_, now_);
      if (sync_ != nullptr) sync_->on_change(now_);
    }
    for (const mgmt::EndpointProbe& probe : actions.probes) {
      const bool fails = dead.contains(probe.address);
      controller_->on_probed({probe.endpoint, probe.attempt,
                              fails ? mgmt::ProbeOutcome::failed : mgmt::ProbeOutcome::passed, ""},
                             now_);
    }
    again = actions.desired != nullptr || !actions.probes.empty();
  }
}

void FleetGateway::reload(mgmt::Model model) {
  CHECK(controller_->on_config(std::move(model), now_));
}

std::optional<IpAddress> FleetGateway::send(const FleetFlow& flow, uint8_t tcp_flags) {
  Burst burst;
  burst.packets[0] =
      pool_.make(test::ethernet()
                     .ipv4(flow.client.to_string(), fleet_listener(flow.cluster).to_string())
                     .tcp(flow.port, 80, tcp_flags)
                     .build());
  burst.start(1, 0);
  l4_.process(burst, *reader_.read(), now_);
  reader_.quiescent();
  const bool forwarded =
      burst.outcomes[0].verdict == Verdict::transmit && burst.dropped_for(0) == Drop::none;
  std::optional<IpAddress> endpoint;
  if (forwarded) endpoint = ip(test::decode(test::bytes_of(burst.packets[0])).destination);
  test::free_packet(burst.packets[0]);
  return endpoint;
}

// ---- looking inside

uint64_t FleetGateway::hash(const FleetFlow& flow) const {
  Headers headers;
  headers.source = flow.client;
  headers.source_port = be16(flow.port);
  headers.destination = fleet_listener(flow.cluster);
  headers.destination_port = be16(80);
  headers.protocol = Protocol::tcp;
  const PolicyPart& policy = *snapshot().policy;
  return flow_hash(headers, policy.listeners.policies[flow.cluster].hash, policy.hash_seed);
}

std::optional<EndpointSlot> FleetGateway::first_choice(const FleetFlow& flow,
                                                       bool previously) const {
  const ClusterSlot slot = snapshot().policy->listeners.policies[flow.cluster].cluster;
  const ClusterRecord* cluster = snapshot().endpoints->clusters[index(slot)].get();
  if (previously && cluster->previous != nullptr) cluster = cluster->previous.get();
  if (cluster->maglev == nullptr) return std::nullopt;
  return cluster->endpoints[cluster->maglev->pick(hash_choice(hash(flow), 0))];
}

bool FleetGateway::fit(EndpointSlot endpoint, const FleetFlow& flow) const {
  return states_.takes(endpoint, hash(flow));
}

IpAddress FleetGateway::address(EndpointSlot endpoint) const {
  return snapshot().endpoints->records[index(endpoint)].address;
}

}  // namespace weft::sim
