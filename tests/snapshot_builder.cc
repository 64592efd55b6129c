#include "tests/snapshot_builder.h"

#include <algorithm>

#include "dataplane/base/check.h"
#include "dataplane/table/nat_key.h"
#include "tests/hex.h"

namespace weft::test {

static constexpr uint64_t test_hash_seed = 42;
static constexpr uint32_t first_next_hop = 1;  // 0 is unresolved

static IpAddress ip(std::string_view text) {
  const auto address = IpAddress::parse(text);
  CHECK(address.has_value());
  return *address;
}

static IpPrefix prefix_of(std::string_view text) {
  const auto prefix = IpPrefix::parse(text);
  CHECK(prefix.has_value());
  return *prefix;
}

EndpointSlot TestGateway::endpoint(std::string_view cluster, std::string_view address_port) const {
  return endpoints.at(std::string(cluster) + "/" + std::string(address_port));
}

void TestGateway::set_state(EndpointSlot endpoint, EndpointState state) {
  states->set(endpoint, state);
  const ClusterSlot cluster = snapshot.endpoints->records[index(endpoint)].cluster;
  const auto& slots = snapshot.endpoints->clusters[index(cluster)]->endpoints;
  states->set_fit_endpoints(
      cluster, static_cast<uint32_t>(std::count_if(slots.begin(), slots.end(), [&](auto slot) {
        return states->get(slot) == EndpointState::healthy;
      })));
}

SnapshotBuilder& SnapshotBuilder::cluster(std::string name, std::vector<TestEndpoint> endpoints,
                                          OnEndpointDown on_down) {
  clusters_.push_back({std::move(name), std::move(endpoints), on_down, {}});
  return *this;
}

SnapshotBuilder& SnapshotBuilder::listener(std::string_view prefix, uint16_t first_port,
                                           Protocol protocol, Forward forward,
                                           std::string_view cluster, HashOn hash,
                                           uint16_t last_port) {
  const uint16_t last = last_port == 0 ? first_port : last_port;
  listeners_.push_back(
      {prefix_of(prefix), first_port, last, protocol, forward, std::string(cluster), hash, {}});
  return *this;
}

static std::shared_ptr<const PrefixSet> set_of(const std::vector<std::string>& texts) {
  std::vector<IpPrefix> prefixes;
  for (const std::string& text : texts) prefixes.push_back(prefix_of(text));
  return std::make_shared<const PrefixSet>(prefixes);
}

SnapshotBuilder& SnapshotBuilder::allow(const std::vector<std::string>& prefixes) {
  listeners_.back().admission.allow.push_back(set_of(prefixes));
  return *this;
}

SnapshotBuilder& SnapshotBuilder::deny(const std::vector<std::string>& prefixes) {
  listeners_.back().admission.deny.push_back(set_of(prefixes));
  return *this;
}

SnapshotBuilder& SnapshotBuilder::limit(const ListenerLimits& flows) {
  listeners_.back().admission.flows = flows;
  return *this;
}

SnapshotBuilder& SnapshotBuilder::new_flows_per_s_max(uint32_t flows) {
  new_flows_per_s_max_ = flows;
  return *this;
}

SnapshotBuilder& SnapshotBuilder::blackholes(const std::vector<std::string>& prefixes) {
  blackholes_ = set_of(prefixes);
  return *this;
}

SnapshotBuilder& SnapshotBuilder::quic(std::vector<QuicLbSettings> configurations) {
  listeners_.back().quic = std::move(configurations);
  return *this;
}

SnapshotBuilder& SnapshotBuilder::previously(std::vector<TestEndpoint> endpoints) {
  clusters_.back().previously = std::move(endpoints);
  return *this;
}

SnapshotBuilder& SnapshotBuilder::endpoint_flows_max(uint32_t flows_max) {
  clusters_.back().flows_max = flows_max;
  return *this;
}

SnapshotBuilder& SnapshotBuilder::source_addresses(std::string_view prefix) {
  source_addresses_.push_back(prefix_of(prefix));
  return *this;
}

SnapshotBuilder& SnapshotBuilder::client_address(ClientAddress client_address) {
  client_address_ = client_address;
  return *this;
}

SnapshotBuilder& SnapshotBuilder::transit(Transit transit) {
  transit_ = transit;
  return *this;
}

SnapshotBuilder& SnapshotBuilder::timeouts(FlowTimeouts timeouts) {
  timeouts_ = timeouts;
  return *this;
}

SnapshotBuilder& SnapshotBuilder::worker_weights(std::vector<uint16_t> weights) {
  worker_weights_ = std::move(weights);
  return *this;
}

SnapshotBuilder& SnapshotBuilder::neighbour(std::string_view address) {
  neighbours_.push_back(ip(address));
  return *this;
}

SnapshotBuilder& SnapshotBuilder::unresolved(std::string_view address) {
  unresolved_.push_back(ip(address));
  return *this;
}

SnapshotBuilder& SnapshotBuilder::own_macs() {
  own_macs_ = true;
  return *this;
}

SnapshotBuilder& SnapshotBuilder::mss_clamp(uint16_t bytes) {
  listeners_.back().mss_clamp_bytes = bytes;
  return *this;
}
SnapshotBuilder& SnapshotBuilder::udp(UdpChoice choice) {
  listeners_.back().udp = choice;
  return *this;
}
SnapshotBuilder& SnapshotBuilder::proxy(ClientAddress version) {
  listeners_.back().proxy = version;
  return *this;
}
SnapshotBuilder& SnapshotBuilder::path_mtu(uint16_t mtu_bytes) {
  mtu_bytes_ = mtu_bytes;
  return *this;
}

SnapshotBuilder& SnapshotBuilder::probed_through() {
  listeners_.back().probed_through = true;
  return *this;
}

std::shared_ptr<const ProbePolicy> SnapshotBuilder::probes() const {
  if (std::ranges::none_of(listeners_, &Listener::probed_through)) return nullptr;
  ProbePolicy policy{
      {ProbeRange(prefix_of("240.0.0.0/11")), ProbeRange(prefix_of("fd77:6566:7400::/64"))}, {}};
  for (const Listener& listener : listeners_) {
    policy.listener_addresses.push_back(listener.probed_through ? listener.prefix.address()
                                                                : IpAddress{});
  }
  return std::make_shared<const ProbePolicy>(std::move(policy));
}

ListenerSlot SnapshotBuilder::probed_through(const std::string& cluster) const {
  for (uint32_t slot = 0; slot < listeners_.size(); ++slot) {
    const Listener& listener = listeners_[slot];
    if (listener.probed_through && listener.cluster == cluster) return ListenerSlot{slot};
  }
  return none<ListenerSlot>;
}

std::shared_ptr<PolicyPart> SnapshotBuilder::policy(const TestGateway& gateway) const {
  auto part = std::make_shared<PolicyPart>();
  std::vector<std::pair<ListenerKey, ListenerSlot>> exact;
  std::map<IpPrefix, std::vector<ListenerRange>> ranges;
  std::vector<std::pair<IpPrefix, AddressOwner>> owners;
  owners.emplace_back(IpPrefix::host(ip("10.0.0.254")), AddressOwner::host);
  owners.emplace_back(IpPrefix::host(ip("fd00::254")), AddressOwner::host);
  for (const Listener& listener : listeners_) {
    const ListenerSlot slot{static_cast<uint32_t>(part->listeners.policies.size())};
    part->listeners.policies.push_back(
        {{slot, 1}, gateway.clusters.at(listener.cluster), listener.forward, listener.hash});
    part->listeners.policies.back().client_address =
        is_proxy(listener.proxy) ? listener.proxy : client_address_;
    const Admission& admission = listener.admission;
    const bool lists = !admission.allow.empty() || !admission.deny.empty();
    if (lists || admission.flows != ListenerLimits{}) {
      part->listeners.policies.back().admission = std::make_shared<const Admission>(admission);
    }
    if (!listener.quic.empty()) {
      part->listeners.policies.back().quic = std::make_shared<const QuicLbCodecs>(listener.quic);
      part->listeners.any_quic = true;
    }
    part->listeners.policies.back().udp = listener.udp;
    part->listeners.policies.back().mss_clamp_bytes = listener.mss_clamp_bytes;
    part->clamps_mss |= listener.mss_clamp_bytes != 0;
    part->asks_sources |= lists;
    owners.emplace_back(listener.prefix, AddressOwner::listener);
    if (listener.prefix.is_host() && listener.first_port == listener.last_port) {
      exact.push_back(
          {{listener.prefix.address(), be16(listener.first_port), listener.protocol}, slot});
    } else {
      ranges[listener.prefix].push_back(
          {listener.first_port, listener.last_port, listener.protocol, slot});
    }
  }
  for (const IpPrefix& prefix : source_addresses_) {
    owners.emplace_back(prefix, AddressOwner::source_addresses);
  }
  for (auto& [prefix, list] : ranges) {
    std::sort(list.begin(), list.end(), [](const ListenerRange& a, const ListenerRange& b) {
      return a.last_port - a.first_port < b.last_port - b.first_port;
    });
  }
  using Ranges = Lpm<std::vector<ListenerRange>>;
  part->listeners.exact = FlatMap<ListenerKey, ListenerSlot>(exact);
  part->listeners.ranges = Ranges(std::vector<Ranges::Item>(ranges.begin(), ranges.end()));
  part->listeners.owners = Lpm<AddressOwner>(owners);
  part->probes = probes();
  part->transit = transit_;
  part->new_flows_per_s_max = new_flows_per_s_max_;
  part->timeouts = timeouts_;
  part->set_workers(worker_weights_);
  part->hash_seed = test_hash_seed;
  return part;
}

static bool on_link(const IpAddress& address) {
  return prefix_of("10.0.0.0/8").contains(address) || prefix_of("fd00::/16").contains(address);
}

void SnapshotBuilder::set_source(EndpointRecord& record) const {
  record.source = ip(record.address.is_v4() ? "10.0.0.254" : "fd00::254");
  for (const IpPrefix& prefix : source_addresses_) {
    if (prefix.address().is_v4() != record.address.is_v4()) continue;
    const uint32_t host_bits = prefix.address().family_bits() - prefix.length();
    record.source = prefix.address();
    record.source_host_bits = static_cast<uint8_t>(std::min(host_bits, source_host_bits_max));
    record.source_is_workers = true;
    return;
  }
}

std::shared_ptr<ClusterRecord> SnapshotBuilder::table(const TestGateway& gateway,
                                                      const std::string& cluster,
                                                      const std::vector<TestEndpoint>& endpoints) {
  auto record = std::make_shared<ClusterRecord>();
  std::vector<MaglevEndpoint> maglev;
  for (const TestEndpoint& endpoint : endpoints) {
    if (endpoint.weight == 0) continue;
    const std::string at = endpoint.address + ":" + std::to_string(endpoint.port);
    record->endpoints.push_back(gateway.endpoint(cluster, at));
    maglev.push_back({ip(endpoint.address), endpoint.port, endpoint.weight});
  }
  if (!maglev.empty()) {
    const uint32_t slots = maglev_slots(static_cast<uint32_t>(maglev.size()));
    record->maglev = std::make_shared<Maglev>(maglev, slots, test_hash_seed);
  }
  return record;
}

void SnapshotBuilder::add_endpoints(TestGateway& gateway, EndpointPart& part) const {
  std::vector<std::pair<uint32_t, EndpointRecord>> records;
  std::vector<std::pair<ListenerKey, NatReturn>> returns;
  uint32_t next_hop = first_next_hop;
  for (const Cluster& cluster : clusters_) {
    const ClusterSlot cluster_slot{static_cast<uint32_t>(part.clusters.size())};
    gateway.clusters[cluster.name] = cluster_slot;
    std::vector<std::pair<QuicServerId, EndpointSlot>> server_ids;
    for (const TestEndpoint& endpoint : cluster.endpoints) {
      const EndpointSlot slot{static_cast<uint32_t>(records.size())};
      records.push_back({index(slot),
                         {.address = ip(endpoint.address),
                          .port = be16(endpoint.port),
                          .path_mtu_bytes = mtu_bytes_,
                          .next_hop = next_hop++,
                          .flows_max = cluster.flows_max,
                          .cluster = cluster_slot,
                          .probed_through = probed_through(cluster.name),
                          .on_down = cluster.on_down,
                          .on_link = on_link(ip(endpoint.address))}});
      set_source(records.back().second);
      if (!endpoint.server_id.empty()) {
        server_ids.emplace_back(QuicServerId(bytes_of_hex(endpoint.server_id)), slot);
      }
      gateway
          .endpoints[cluster.name + "/" + endpoint.address + ":" + std::to_string(endpoint.port)] =
          slot;
    }
    auto record = table(gateway, cluster.name, cluster.endpoints);
    if (!cluster.previously.empty()) {
      record->previous = table(gateway, cluster.name, cluster.previously);
    }
    record->server_ids = FlatMap<QuicServerId, EndpointSlot>(server_ids);
    part.clusters.push_back(std::move(record));
    part.path_mtus_bytes.push_back(mtu_bytes_);
  }
  // The nat listener of an address and port answers for it, unless a second one names it too.
  std::map<std::pair<IpAddress, uint16_t>, std::pair<NatReturn, int>> named;
  uint32_t listener_slot = 0;
  for (const Listener& listener : listeners_) {
    const ListenerSlot slot{listener_slot++};
    if (listener.forward != Forward::nat || !listener.prefix.is_host()) continue;
    const ClusterSlot cluster = gateway.clusters.at(listener.cluster);
    for (const EndpointSlot endpoint : part.clusters[index(cluster)]->endpoints) {
      const EndpointRecord& record = records[index(endpoint)].second;
      auto& [reply, count] = named[{record.address, record.port.host()}];
      reply = {listener.prefix.address(), be16(listener.first_port), slot, endpoint};
      ++count;
    }
  }
  for (const auto& [socket, reply] : named) {
    if (reply.second != 1) continue;
    returns.push_back({{socket.first, be16(socket.second), Protocol::tcp}, reply.first});
  }
  part.records = part.records.with(records);
  part.nat_returns = FlatMap<ListenerKey, NatReturn>(returns);
}

std::shared_ptr<RoutingPart> SnapshotBuilder::routing() const {
  auto part = std::make_shared<RoutingPart>();
  part->next_hops.push_back({});
  std::vector<std::pair<Neighbour, uint32_t>> neighbours;
  const auto add = [&](const IpAddress& address) {
    NextHop hop{.link_header_bytes = 14, .interface = 0, .mtu_bytes = mtu_bytes_};
    std::array<uint8_t, 14> link{2, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 1, 8, 0};
    if (!address.is_v4()) link[12] = 0x86, link[13] = 0xdd;
    if (own_macs_) {
      link[3] = address.is_v4() ? 4 : 6;
      std::memcpy(&link[4], &address.bytes()[14], 2);
    }
    std::memcpy(hop.link_header.data(), link.data(), link.size());
    const bool known = std::ranges::find(unresolved_, address) == unresolved_.end();
    if (!known) hop = {};
    if (known) neighbours.push_back({{0, address}, static_cast<uint32_t>(part->next_hops.size())});
    part->next_hops.push_back(hop);
  };
  for (const Cluster& cluster : clusters_) {
    for (const TestEndpoint& endpoint : cluster.endpoints) add(ip(endpoint.address));
  }
  for (const IpAddress& address : neighbours_) add(address);
  add(ip("10.0.0.1"));
  add(ip("fd00::1"));
  const std::vector<std::pair<IpPrefix, IpRoute>> routes{
      {prefix_of("10.0.0.0/8"), {0, {}, mtu_bytes_}},
      {prefix_of("192.0.2.0/24"), {0, ip("10.0.0.1"), mtu_bytes_}},
      {prefix_of("fd00::/16"), {0, {}, mtu_bytes_}},
      {prefix_of("2001:db8::/32"), {0, ip("fd00::1"), mtu_bytes_}}};
  part->neighbours = FlatMap<Neighbour, uint32_t>(neighbours);
  part->routes = Lpm<IpRoute>(routes);
  part->icmp_sources[0] = {ip("10.0.0.254"), ip("fd00::254")};
  return part;
}

TestGateway SnapshotBuilder::build() const {
  TestGateway gateway;
  auto endpoints = std::make_shared<EndpointPart>();
  add_endpoints(gateway, *endpoints);
  gateway.snapshot = {1, policy(gateway), endpoints, routing(), blackholes_};
  const auto count = static_cast<uint32_t>(gateway.endpoints.size());
  gateway.states = std::make_unique<EndpointStates>(count, static_cast<uint32_t>(clusters_.size()));
  for (uint32_t slot = 0; slot < count; ++slot) {
    gateway.set_state(EndpointSlot{slot}, EndpointState::healthy);
  }
  return gateway;
}

}  // namespace weft::test
