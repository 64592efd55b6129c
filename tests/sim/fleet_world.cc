#include "tests/sim/fleet_world.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "dataplane/base/check.h"

namespace weft::sim {

static constexpr std::size_t gateways = 4;
static constexpr uint32_t hosts = 30;  // that may be endpoints
static constexpr std::size_t endpoints_min = 20;
static constexpr Duration step = milliseconds(20);
static constexpr Duration warm_up = seconds(2);  // of a gateway, before routers know it
static constexpr Duration new_connection_every = milliseconds(40);
static constexpr Duration packet_every = seconds(1);
static constexpr Duration dead_for = seconds(4);
static constexpr uint64_t reload_delay_ms_max = 300;
static constexpr uint64_t datagram_delay_ms_max = 30;

FleetOutcome& FleetOutcome::operator+=(const FleetOutcome& other) {
  connections += other.connections;
  broken += other.broken;
  died += other.died;
  sets += other.sets;
  gateways += other.gateways;
  datagrams += other.datagrams;
  told_bytes += other.told_bytes;
  return *this;
}

static IpAddress host(uint32_t number) {
  return IpAddress::v4(be32(0x0a000001 + number));
}

FleetWorld::FleetWorld(uint64_t seed, const FleetChurn& churn, FleetRemedy remedy)
    : churn_(churn),
      remedy_(std::move(remedy)),
      random_(seed),
      traffic_(seed + 1'000'000),
      network_(seed + 2'000'000) {
  for (uint32_t number = 0; number < hosts - 5; ++number) endpoints_.insert(host(number));
  for (std::size_t i = 0; i < gateways; ++i) {
    gateways_.push_back({make_gateway(i), true});
  }
}

static mgmt::PeerAddress address_of(std::size_t place) {
  return {IpAddress::v4(be32(0xc0000210 + static_cast<uint32_t>(place))), 7946};
}

std::unique_ptr<FleetGateway> FleetWorld::make_gateway(std::size_t place) {
  std::vector<mgmt::PeerAddress> peers;
  for (std::size_t other = 0; remedy_.sync && other < gateways; ++other) {
    if (other != place) peers.push_back(address_of(other));
  }
  return std::make_unique<FleetGateway>(model(), ++gateways_made_, now_, std::move(peers));
}

mgmt::Model FleetWorld::model() const {
  mgmt::ClusterSettings cluster = fleet_cluster("web");
  cluster.previous_tables_ms = remedy_.previous_tables_ms;
  for (const IpAddress& address : endpoints_) {
    cluster.endpoints.push_back({address.to_string(), 80, 1});
  }
  return fleet_model({cluster});
}

FleetOutcome FleetWorld::run(Duration duration) {
  const Instant begin = now_ + warm_up;
  const Instant end = begin + duration;
  at(begin, [this] {
    often(churn_.gateway, [this] { change_gateways(); });
    often(churn_.set, [this] { change_set(); });
    often(churn_.death, [this] { kill_endpoint(); });
  });
  Instant next_connection = begin;
  while (now_ < end) {
    now_ += step;
    while (!agenda_.empty() && agenda_.begin()->first <= now_) {
      const auto what = std::move(agenda_.extract(agenda_.begin()).mapped());
      what();
    }
    for (const Gateway& each : gateways_) {
      if (each.gateway != nullptr) each.gateway->advance(now_, dead_);
    }
    carry();
    for (; next_connection <= now_; next_connection += new_connection_every) connect();
    std::erase_if(connections_, [this](Connection& connection) { return !send(connection); });
  }
  return outcome_;
}

// ---- churn

Duration FleetWorld::about(Duration mean) {
  const double uniform = (1.0 + static_cast<double>(random_.below(1'000'000))) / 1'000'001;
  return Duration(static_cast<int64_t>(-std::log(uniform) * static_cast<double>(mean.count())));
}

void FleetWorld::often(Duration mean, std::function<void()> what) {
  at(now_ + about(mean), [this, mean, what = std::move(what)] {
    what();
    often(mean, what);
  });
}

// A new gateway has the configuration of the moment and knows no table of before.
void FleetWorld::change_gateways() {
  Gateway& chosen = gateways_[random_.below(gateways)];
  const auto routed = std::ranges::count_if(gateways_, &Gateway::routed);
  ++outcome_.gateways;
  if (chosen.gateway != nullptr) {
    if (!chosen.routed || routed <= 2) return;
    chosen = {};
    return;
  }
  chosen.gateway = make_gateway(static_cast<std::size_t>(&chosen - gateways_.data()));
  at(now_ + warm_up, [&chosen] { chosen.routed = chosen.gateway != nullptr; });
}

void FleetWorld::change_set() {
  const IpAddress chosen = host(static_cast<uint32_t>(random_.below(hosts)));
  if (endpoints_.contains(chosen)) {
    if (endpoints_.size() <= endpoints_min) return;
    endpoints_.erase(chosen);
  } else {
    endpoints_.insert(chosen);
  }
  ++set_version_;
  ++outcome_.sets;
  for (Gateway& each : gateways_) {
    const FleetGateway* gateway = each.gateway.get();
    const auto delay = milliseconds(random_.below(reload_delay_ms_max));
    at(now_ + delay, [this, &each, gateway, settings = model()] {
      if (gateway != nullptr && each.gateway.get() == gateway) each.gateway->reload(settings);
    });
  }
}

void FleetWorld::kill_endpoint() {
  const IpAddress chosen = host(static_cast<uint32_t>(random_.below(hosts)));
  dead_.insert(chosen);
  outcome_.died += std::erase_if(
      connections_, [&](const Connection& connection) { return connection.endpoint == chosen; });
  at(now_ + dead_for, [this, chosen] { dead_.erase(chosen); });
}

void FleetWorld::carry() {
  for (std::size_t from = 0; from < gateways; ++from) {
    if (gateways_[from].gateway == nullptr) continue;
    for (auto& datagram : gateways_[from].gateway->take_datagrams()) {
      ++outcome_.datagrams;
      outcome_.told_bytes += datagram.bytes.size();
      for (uint32_t copies = network_.happens(1) ? 2 : 1; copies > 0; --copies) {
        if (network_.below(1000) < remedy_.loss_permille) continue;
        const Duration way = milliseconds(1 + network_.below(datagram_delay_ms_max));
        at(now_ + way, [this, from, datagram] {
          for (std::size_t to = 0; to < gateways; ++to) {
            const bool arrives = address_of(to) == datagram.to && gateways_[to].gateway != nullptr;
            if (arrives) gateways_[to].gateway->hear(address_of(from), datagram.bytes);
          }
        });
      }
    }
  }
}

// ---- connections

FleetGateway& FleetWorld::gateway_of(const Connection& connection) {
  std::vector<FleetGateway*> routed;
  for (const Gateway& each : gateways_) {
    if (each.routed) routed.push_back(each.gateway.get());
  }
  CHECK(!routed.empty());
  return *routed[connection.route_hash % routed.size()];
}

void FleetWorld::connect() {
  Connection connection{.flow = {IpAddress::v4(be32(0xac100000 + next_client_++)), 1024, 0},
                        .route_hash = traffic_.below(1u << 30),
                        .endpoint = {},
                        .set_version = set_version_};
  const double uniform = (1.0 + static_cast<double>(traffic_.below(1'000'000))) / 1'000'001;
  const auto lifetime = Duration(
      static_cast<int64_t>(-std::log(uniform) * static_cast<double>(churn_.lifetime.count())));
  connection.ends = now_ + lifetime;
  connection.next_packet = now_ + step;
  const auto endpoint = gateway_of(connection).send(connection.flow, tcp_flag::syn);
  if (!endpoint || dead_.contains(*endpoint)) return;  // nothing was there to break
  connection.endpoint = *endpoint;
  ++outcome_.connections;
  connections_.push_back(connection);
}

bool FleetWorld::send(Connection& connection) {
  if (now_ >= connection.ends) return false;
  if (now_ < connection.next_packet) return true;
  connection.next_packet += packet_every;
  const bool synced = remedy_.ideal_sync && connection.set_version < set_version_;
  if (synced) return true;
  const auto reached = gateway_of(connection).send(connection.flow, tcp_flag::ack);
  if (reached && *reached == connection.endpoint) return true;
  ++outcome_.broken;
  return false;
}

}  // namespace weft::sim
