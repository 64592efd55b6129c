#include "tests/sim/simulated_gateway.h"

#include <algorithm>

#include "dataplane/base/check.h"

namespace weft::sim {

static constexpr Duration holdings_interval = milliseconds(100);

static KeyedHash::Key key_of(Random& random) {
  KeyedHash::Key key;
  for (uint64_t& part : key) part = random.below(UINT64_MAX);
  return key;
}

static FlowTimeouts timeouts_of(const mgmt::FlowSettings& flows) {
  return {.half_open = flows.half_open_timeout_ms,
          .established = flows.established_timeout_ms,
          .closing = flows.closing_timeout_ms,
          .udp = flows.udp_timeout_ms};
}

SimulatedGateway::Member::Member(SimulatedGateway& owner, const L4Settings& settings)
    : gateway(settings, owner.states_, owner.refuse_new_flows_, counters,
              timeouts_of(owner.model().flows), owner.now_),
      reader(owner.published_.reader(settings.worker)),
      worker({.index = settings.worker}, owner.attachments_, owner.rings_, gateway, reader,
             counters.loop()) {
  reader.online();
}

SimulatedGateway::SimulatedGateway(const SimulatedGatewaySettings& settings, mgmt::Model model,
                                   Surroundings surroundings)
    : surroundings_(std::move(surroundings)),
      wire_({.name = "edge", .queues = workers}, pool_.mempool()),
      twin_({.name = "twin", .queues = workers}, pool_.mempool()),
      faulty_(wire_, pool_.mempool(), {settings.receive, settings.transmit, settings.seed}),
      watched_(faulty_, surroundings_.received, surroundings_.transmitted),
      attachments_{Attachment{watched_, twin_}},
      states_(endpoints_max, clusters_max),
      rings_(workers, settings.ring_packets_max),
      publisher_(published_, mgmt::Publisher::Mode::synchronous,
                 [this](uint64_t generation) { published_generations_.push_back(generation); }) {
  faulty_.watch_damage(surroundings_.damaged, surroundings_.damaged_behind);
  // As on interfaces with a queue for each worker, or with one.
  const auto weights = worker_weights(workers, std::array{settings.seed % 2 == 0 ? workers : 1});
  auto started = mgmt::Controller::start(
      std::move(model), {.random_seed = settings.seed, .worker_weights = weights}, states_, now_);
  CHECK(started);
  controller_ = *std::move(started);
  controller_->on_kernel(settings.kernel);
  Random random(settings.seed);
  L4Settings l4{.flows_max = settings.flows_max, .steering_key = key_of(random)};
  l4.links.push_back({.vlan_id = {}, .mac = MacAddress(settings.kernel.links[0].mac)});
  for (uint32_t worker = 0; worker < workers; ++worker) {
    l4.worker = static_cast<uint16_t>(worker);
    l4.flow_key = key_of(random);
    members_.push_back(std::make_unique<Member>(*this, l4));
    counters_view_.push_back(&members_.back()->counters);
  }
}

void SimulatedGateway::advance(Instant now) {
  set_time(now);
  decide();
  for (uint32_t worker = 0; worker < workers; ++worker) turn(worker, now);
}

void SimulatedGateway::set_time(Instant now) {
  now_ = now;
  faulty_.advance(now);
}

void SimulatedGateway::turn(uint32_t worker, Instant by_worker) {
  members_[worker]->before_turn = members_[worker]->pressures();
  members_[worker]->worker.turn(by_worker);
}

void SimulatedGateway::probed(const mgmt::EndpointProbed& result) {
  controller_->on_probed(result, now_);
  told_ = true;
}

void SimulatedGateway::reload(mgmt::Model model) {
  CHECK(controller_->on_config(std::move(model), now_));
  told_ = true;
}

void SimulatedGateway::set_kernel(mgmt::KernelView kernel) {
  controller_->on_kernel(std::move(kernel));
  told_ = true;
}

// What is published at once is told at once, and may be followed by more.
void SimulatedGateway::decide() {
  publisher_.poll();
  if (now_ >= next_look_) look_at_workers();
  if (!told_ && now_ < next_poll_ && published_generations_.empty()) return;
  told_ = false;
  do {
    for (const uint64_t generation : std::exchange(published_generations_, {})) {
      controller_->on_published(generation, now_);
    }
    carry_out(controller_->poll(now_));
  } while (!published_generations_.empty());
}

void SimulatedGateway::carry_out(const mgmt::Actions& actions) {
  next_poll_ = actions.next_poll;
  for (const mgmt::LogRecord& record : actions.log) surroundings_.log(record);
  if (actions.refuse_new_flows) refuse_new_flows_ = true;
  if (actions.desired != nullptr) {
    learn_slots(*actions.desired);
    publisher_.submit(actions.desired, actions.generation);
  }
  for (const mgmt::EndpointProbe& probe : actions.probes) surroundings_.probe(probe);
}

void SimulatedGateway::learn_slots(const mgmt::Desired& desired) {
  for (auto& [address, place] : places_) place.configured = false;
  for (const mgmt::DesiredCluster& cluster : desired.clusters) {
    for (const mgmt::DesiredEndpoint& endpoint : cluster.endpoints) {
      CHECK(index(endpoint.id.slot) < endpoints_seen_max);
      places_[endpoint.address.to_string()] = {endpoint.id.slot, true};
    }
  }
  std::erase_if(places_, [&](const auto& item) {
    return !item.second.configured &&
           std::ranges::find(desired.draining, item.second.slot) == desired.draining.end();
  });
}

void SimulatedGateway::look_at_workers() {
  next_look_ = now_ + holdings_interval;
  uint64_t flows = 0;
  for (const WorkerCounters* counters : counters_view_) flows += counters->flows_active();
  const mgmt::WorkerReports reports(counters_view_);
  const auto live = publisher_.status().policy_generations.size();
  controller_->on_holdings({reports, flows, static_cast<uint32_t>(live)}, now_);
  told_ = true;
}

SimulatedGateway::Standing SimulatedGateway::standing(const std::string& endpoint_address) const {
  const auto place = places_.find(endpoint_address);
  if (place == places_.end()) return {};
  return {states_.get(place->second.slot), place->second.configured};
}

std::size_t SimulatedGateway::table_of(const Service& service) {
  return (is_nat(service.forward) ? 2 : 0) + (is_v6(service.address) ? 1 : 0);
}

SimulatedGateway::TablePressures SimulatedGateway::Member::pressures() {
  const auto of = [](const auto& table) {
    return TablePressure{table.counts().refused, table.counts().evicted};
  };
  const Flows& flows = gateway.l4().flows();
  TablePressures all{of(flows.tunnel4), of(flows.tunnel6), of(flows.nat4), of(flows.nat6)};
  all[0].unremembered = all[1].unremembered = counters.attack.unremembered.read();
  for (const std::size_t nat : {2, 3}) {
    all[nat].refused += counters.streams.refused.read();
    all[nat].streams_lost = counters.dropped[static_cast<std::size_t>(Drop::stream_lost)].read();
  }
  return all;
}

TablePressure SimulatedGateway::pressure() const {
  TablePressure sum;
  for (const auto& member : members_) {
    for (const TablePressure& pressure : member->pressures()) {
      sum.refused += pressure.refused;
      sum.evicted += pressure.evicted;
      sum.unremembered += pressure.unremembered;
      sum.streams_lost += pressure.streams_lost;
    }
  }
  return sum;
}

TablePressure SimulatedGateway::pressure(uint32_t worker, const Service& service) const {
  return members_[worker]->pressures()[table_of(service)];
}

TablePressure SimulatedGateway::pressure_before_turn(uint32_t worker,
                                                     const Service& service) const {
  return members_[worker]->before_turn[table_of(service)];
}

}  // namespace weft::sim
