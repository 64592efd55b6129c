#include "tests/sim/simulation.h"

#include <fmt/format.h>

#include <algorithm>

namespace weft::sim {

static constexpr Duration step_duration = milliseconds(1);
static constexpr Instant first_client{seconds(1)};
static constexpr Instant earliest_end{seconds(12)};
static constexpr Instant latest_end{seconds(60)};
static constexpr Duration settle_duration = seconds(1);
static constexpr uint32_t clients = 160;

static Faults faults_of(Random& random) {
  return {.loss_ppm = static_cast<uint32_t>(random.below(30'000)),
          .duplicate_ppm = static_cast<uint32_t>(random.below(30'000)),
          .reorder_ppm = static_cast<uint32_t>(random.below(50'000)),
          .reorder_delay = milliseconds(3),
          .delay_min = milliseconds(0),
          .delay_max = milliseconds(2)};
}

static std::string summary_of(const test::Decoded& frame) {
  return fmt::format("protocol {} {}:{} > {}:{} flags {:02x} sequence {} ttl {} bytes {}",
                     frame.protocol, frame.source, frame.source_port, frame.destination,
                     frame.destination_port, frame.flags, frame.sequence, frame.ttl,
                     frame.ip_bytes);
}

Simulation::Simulation(uint64_t seed)
    : random_(seed),
      endpoints_(services()),
      invariants_(
          services(), [this](const std::string& address) { return endpoints_.alive(address); },
          [this](const std::string& address) { return gateway_.state(address); }),
      gateway_({.seed = seed, .faults = faults_of(random_)}, model_of(services(), "simulation"),
               surroundings()) {
  plan_clients();
  plan_deaths();
  plan_reload();
}

SimulatedGateway::Surroundings Simulation::surroundings() {
  return {.transmitted =
              [this](const Frame& bytes) {
                const test::Decoded frame = test::decode(bytes);
                trace_.add(now_, "gateway " + summary_of(frame));
                invariants_.on_transmit(frame, now_);
              },
          .probe = [this](const mgmt::EndpointProbe& probe) { answer_probe(probe); },
          .log =
              [this](const mgmt::LogRecord& record) {
                trace_.add(now_, fmt::format("log {} {} {} {} ({})", record.event, record.cluster,
                                             record.endpoint, record.to, record.why));
              }};
}

// ---- what is to come

void Simulation::plan_clients() {
  for (uint32_t i = 0; i < clients; ++i) {
    const Service& service = services()[random_.below(services().size())];
    const std::string address = fmt::format("198.51.100.{}", 1 + random_.below(40));
    const Instant start = first_client + milliseconds(random_.below(7000));
    const auto requests = static_cast<uint32_t>(1 + random_.below(60));
    Client client(service, address, static_cast<uint16_t>(1024 + i), start, requests);
    const std::string name = client.name();
    clients_.emplace(name, std::move(client));
  }
}

void Simulation::plan_deaths() {
  for (const Service& service : services()) {
    for (const std::string& address : service.endpoints) {
      if (!random_.happens(50)) continue;
      ++deaths_;
      const Instant death = Instant(milliseconds(2000 + random_.below(4000)));
      at(death, [this, address] {
        trace_.add(now_, "dies " + address);
        endpoints_.kill(address);
      });
      at(death + milliseconds(200 + random_.below(3000)), [this, address] {
        trace_.add(now_, "comes back " + address);
        endpoints_.revive(address);
      });
    }
  }
}

void Simulation::plan_reload() {
  at(Instant(milliseconds(3000 + random_.below(3000))), [this] {
    mgmt::Model model = gateway_.model();
    for (mgmt::ClusterSettings& cluster : model.clusters) {
      const auto weight = static_cast<uint32_t>(random_.below(4));
      trace_.add(now_, fmt::format("reload: {} weight {}", cluster.name, weight));
      cluster.endpoints.front().weight = weight;
    }
    gateway_.reload(std::move(model));
  });
}

// A dead endpoint refuses, or it says nothing until the probe's timeout has passed.
void Simulation::answer_probe(const mgmt::EndpointProbe& probe) {
  const Instant when = now_ + milliseconds(1 + random_.below(20));
  const bool refuses = random_.happens(50);
  at(when, [this, probe, refuses] {
    const bool alive = endpoints_.alive(probe.address.to_string());
    if (!alive && !refuses) return;
    gateway_.probed({probe.endpoint, probe.attempt,
                     alive ? mgmt::ProbeOutcome::passed : mgmt::ProbeOutcome::failed,
                     alive ? "connected" : "connection refused"});
  });
}

// ---- a moment

void Simulation::step() {
  now_ += step_duration;
  while (!agenda_.empty() && agenda_.begin()->first <= now_) {
    agenda_.extract(agenda_.begin()).mapped()();
  }
  send_all();
  gateway_.advance(now_);
  for (uint32_t queue = 0; queue < SimulatedGateway::workers; ++queue) {
    while (const auto frame = gateway_.pull(queue)) deliver(*frame);
  }
  invariants_.on_moment(now_);
  check_ended();
}

void Simulation::check_ended() {
  for (const Client* client : ended_) {
    trace_.add(now_, fmt::format("client {} ends: {}", client->name(), client->why()));
    invariants_.check_client(*client, now_);
  }
  ended_.clear();
}

// The network spreads packets over the queues as it likes: workers hand over what is not theirs.
void Simulation::send_all() {
  for (auto& [name, client] : clients_) {
    if (client.done()) continue;
    if (const auto frame = client.send(now_)) {
      (void)gateway_.push(static_cast<uint32_t>(random_.below(2)), *frame);
    }
    if (client.done()) ended_.push_back(&client);
  }
}

void Simulation::deliver(const Frame& bytes) {
  const test::Decoded frame = test::decode(bytes);
  if (frame.destination_mac == router_mac) return deliver_to_client(frame);
  const auto answer = endpoints_.receive(frame);
  if (!answer) return;
  if (answer->through_gateway) {
    (void)gateway_.push(static_cast<uint32_t>(random_.below(2)), answer->frame);
    return;
  }
  at(now_ + step_duration,
     [this, direct = test::decode(answer->frame)] { deliver_to_client(direct); });
}

void Simulation::deliver_to_client(const test::Decoded& frame) {
  std::string name = fmt::format("{}:{}", frame.destination, frame.destination_port);
  if (frame.icmp_type >= 0) {
    const test::Decoded quoted = test::decode_ip(frame.payload, true);
    name = fmt::format("{}:{}", quoted.source, quoted.source_port);
  }
  const auto client = clients_.find(name);
  if (client == clients_.end() || client->second.done()) return;
  client->second.receive(frame, now_);
  if (client->second.done()) ended_.push_back(&client->second);
}

bool Simulation::over() const {
  return now_ >= latest_end || (now_ >= earliest_end && std::ranges::all_of(clients_, [](auto& c) {
                                  return c.second.done();
                                }));
}

Outcome Simulation::run() {
  while (!over() && invariants_.breaches().empty()) step();
  if (invariants_.breaches().empty()) {
    for (const auto& [name, client] : clients_) {
      if (!client.done()) invariants_.check_client(client, now_);
    }
    for (const Instant until = now_ + settle_duration; now_ < until;) step();
    invariants_.check_end(gateway_);
  }
  Outcome outcome{.trace_hash = trace_.hash(),
                  .events = trace_.events(),
                  .frames = invariants_.frames(),
                  .moves = invariants_.moves(),
                  .deaths = deaths_,
                  .faults = gateway_.fault_counts(),
                  .breaches = invariants_.breaches(),
                  .tail = trace_.tail()};
  for (const auto& [name, client] : clients_) {
    outcome.finished += client.state() == Client::State::finished;
    outcome.failed += client.state() == Client::State::failed;
  }
  return outcome;
}

}  // namespace weft::sim
