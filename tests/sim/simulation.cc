#include "tests/sim/simulation.h"

#include <fmt/format.h>

#include <algorithm>

namespace weft::sim {

static constexpr Duration step_duration = milliseconds(1);
static constexpr Instant first_client{milliseconds(500)};
static constexpr Instant latest_end{seconds(60)};
static constexpr Instant last_trouble{seconds(8)};
static constexpr uint64_t received_min = 10'000;
static constexpr uint32_t active_clients_min = 60;
static constexpr uint32_t requests_max = 40;

// Damage on one side of the gateway only: two flipped bits may make a checksum right again.
SimulatedGatewaySettings Simulation::settings_of(uint64_t seed) {
  const auto below = [this](uint64_t bound) { return static_cast<uint32_t>(random_.below(bound)); };
  const Faults faults{.loss_ppm = below(30'000),
                      .duplicate_ppm = below(30'000),
                      .reorder_ppm = below(50'000),
                      .reorder_delay = milliseconds(3),
                      .delay_min = milliseconds(0),
                      .delay_max = milliseconds(2)};
  SimulatedGatewaySettings settings{.seed = seed, .receive = faults, .transmit = faults};
  (random_.happens(60) ? settings.receive : settings.transmit).corrupt_ppm = below(20'000);
  if (random_.happens(50)) settings.ring_packets_max = 4 + below(28);
  const uint32_t streams_max = random_.happens(20) ? 16 : 4096;
  settings.flows_max.streams = streams_max;
  if (random_.happens(30)) settings.flows_max = {32, 32, 32, 32, streams_max};
  settings.kernel = kernel_view(services_);
  return settings;
}

Simulation::Simulation(uint64_t seed, std::size_t kept_events_max)
    : random_(seed),
      services_(draw_services(random_)),
      trace_(kept_events_max),
      reloads_(services_, model_of(services_, "simulation")),
      flood_(services_),
      endpoints_(
          services_, senders_,
          [this](uint32_t number) {
            return number < clients_.size() ? &clients_[number] : nullptr;
          },
          [this](uint32_t number) { return invariants_.torn(number); },
          [this](std::string what) { breaches_.add(std::move(what)); }),
      lives_(services_, endpoints_, gateway_, breaches_),
      invariants_([this](const std::string& address, int port) { return client_at(address, port); },
                  senders_, flood_, lives_, gateway_, breaches_),
      kernel_(kernel_view(services_)),
      gateway_(settings_of(seed), reloads_.model(), surroundings()) {
  plan_troubles();
}

SimulatedGateway::Surroundings Simulation::surroundings() {
  return {.received = [this](uint32_t queue, const Frame& bytes) { on_receive(queue, bytes); },
          .transmitted = [this](uint32_t queue, const Frame& bytes) { on_transmit(queue, bytes); },
          .damaged =
              [this](std::span<const std::byte> before, std::span<const std::byte> after) {
                invariants_.on_damage(test::decode(before), test::decode(after));
              },
          .damaged_behind =
              [this](std::span<const std::byte> before, std::span<const std::byte>) {
                invariants_.on_damage_behind(test::decode(before));
              },
          .probe = [this](const mgmt::EndpointProbe& probe) { answer_probe(probe); },
          .log =
              [this](const mgmt::LogRecord& record) {
                trace_.add(now_, fmt::format("log {} {} {} {} ({})", record.event, record.cluster,
                                             record.endpoint, record.to, record.why));
              }};
}

const Client* Simulation::client_at(const std::string& address, int port) const {
  const uint32_t number = client_number(port);
  if (number >= clients_.size()) return nullptr;
  return clients_[number].plan().address == address ? &clients_[number] : nullptr;
}

// ---- clients

void Simulation::start_client(Instant start) {
  const auto number = static_cast<uint32_t>(clients_.size());
  const Service& service = random_.one_of(services_);
  const ClientPlan plan{.number = number,
                        .service = &service,
                        .address = client_address(service, 1 + random_.below(40)),
                        .port = static_cast<uint16_t>(first_client_port + number),
                        .start = start,
                        .requests = static_cast<uint32_t>(1 + random_.below(requests_max)),
                        .seed = random_.below(UINT64_MAX)};
  clients_.emplace_back(plan, identifications_);
  wakes_.emplace(start, number);
  ++active_clients_;
}

void Simulation::start_clients() {
  const bool enough =
      now_ >= last_trouble && invariants_.ledger().received() >= received_min + flood_.sent();
  if (now_ < first_client || enough) return;
  while (active_clients_ < active_clients_min) {
    start_client(now_ + milliseconds(random_.below(50)));
  }
}

// The network spreads packets over the queues as it likes: workers hand over what is not theirs.
void Simulation::send(const std::vector<test::Bytes>& frames) {
  for (const test::Bytes& frame : frames) {
    (void)gateway_.push(static_cast<uint32_t>(random_.below(SimulatedGateway::workers)), frame);
  }
}

void Simulation::send_flood() {
  for (uint64_t i = now_ < flood_ends_ ? flood_packets_ : 0; i > 0; --i) {
    if (const auto packet = flood_.packet(random_)) send({*packet});
  }
}

void Simulation::send_all() {
  while (!wakes_.empty() && wakes_.top().first <= now_) {
    Client& client = clients_[wakes_.top().second];
    wakes_.pop();
    if (client.done() || client.next_send() > now_) continue;
    const std::vector<test::Bytes> frames = client.send(now_);
    senders_.on_send(client.plan().number, frames);
    send(frames);
    after(client);
  }
}

// The client has sent or received.
void Simulation::after(Client& client) {
  if (!client.done()) {
    wakes_.emplace(client.next_send(), client.plan().number);
    return;
  }
  --active_clients_;
  trace_.add(now_, fmt::format("{} ends {}", client.name(), client.why()));
  invariants_.check_client(client, now_);
}

// ---- a moment

void Simulation::step(Duration duration) {
  lives_.excuse_delay(jump_ + (now_ < mgmt_returns_ ? duration : Duration{}));
  if (jump_ != Duration{}) invariants_.on_jump();
  now_ += duration + std::exchange(jump_, {});
  gateway_.set_time(now_);
  run_agenda();
  start_clients();
  send_all();
  send_flood();
  talk_to_kernel();
  let_act();
  for (uint32_t queue = 0; queue < SimulatedGateway::workers; ++queue) {
    while (const auto frame = gateway_.pull(queue)) deliver(*frame);
    while (gateway_.pull_from_twin(queue)) continue;
  }
  invariants_.on_moment(now_);
}

void Simulation::run_agenda() {
  while (!agenda_.empty() && agenda_.begin()->first <= now_) {
    agenda_.extract(agenda_.begin()).mapped()();
  }
}

// The router and the gateway's kernel ask each other for addresses.
void Simulation::talk_to_kernel() {
  constexpr uint16_t arp = 0x0806;
  constexpr std::size_t arp_bytes = 28;
  if (!kernel_talks_) return;
  const auto queue = static_cast<uint32_t>(random_.below(SimulatedGateway::workers));
  test::FrameBuilder frame = test::ethernet().ether_type(arp).payload_bytes(arp_bytes);
  if (random_.happens(1)) (void)gateway_.push(queue, frame.from(router_mac).build());
  if (!random_.happens(1)) return;
  (void)gateway_.push_from_twin(queue, frame.from(gateway_mac).to(router_mac).build());
}

// mgmt and the workers, in any order, but for those that stall.
void Simulation::let_act() {
  constexpr uint32_t actors = SimulatedGateway::workers + 1;
  const auto first = static_cast<uint32_t>(random_.below(actors));
  const uint32_t stride = random_.happens(50) ? 1 : actors - 1;
  for (uint32_t i = 0; i < actors; ++i) {
    const uint32_t actor = (first + i * stride) % actors;
    if (actor < SimulatedGateway::workers) {
      if (now_ >= worker_returns_[actor]) gateway_.turn(actor, now_ + clocks_ahead_[actor]);
    } else if (now_ >= mgmt_returns_) {
      for (const mgmt::EndpointProbed& probed : std::exchange(probed_, {})) gateway_.probed(probed);
      gateway_.decide();
    }
  }
}

// A dead endpoint refuses, or it says nothing until the probe's timeout has passed, which the
// prober may be slow to tell.
void Simulation::answer_probe(const mgmt::EndpointProbe& probe) {
  const Instant when = now_ + milliseconds(1 + random_.below(20));
  const uint64_t manner = random_.below(3);
  const auto tell = [this, probe](mgmt::ProbeOutcome outcome, std::string why) {
    probed_.push_back({probe.endpoint, probe.attempt, outcome, std::move(why)});
  };
  at(when, [this, probe, manner, tell, asked = now_] {
    if (endpoints_.alive(probe.address.to_string())) {
      return tell(mgmt::ProbeOutcome::passed, "connected");
    }
    if (manner == 0) return tell(mgmt::ProbeOutcome::failed, "connection refused");
    if (manner == 1) return;
    at(asked + probe_timeout, [tell] { tell(mgmt::ProbeOutcome::failed, "timed out"); });
  });
}

void Simulation::on_receive(uint32_t queue, const Frame& bytes) {
  trace_.add_frame(now_, queue == 0 ? "to worker 0" : "to worker 1", bytes);
  invariants_.on_receive(bytes, now_, now_ + clocks_ahead_[0] + clocks_ahead_[1]);
}

void Simulation::on_transmit(uint32_t queue, const Frame& bytes) {
  trace_.add_frame(now_, "gateway", bytes);
  invariants_.on_transmit(queue, test::decode(bytes), now_, now_ + clocks_ahead_[queue]);
}

void Simulation::deliver(const Frame& bytes) {
  const test::Decoded frame = test::decode(bytes);
  if (frame.destination_mac == router_mac) return deliver_to_client(frame);
  const Endpoints::Answer answer = endpoints_.receive(frame, now_);
  if (answer.through_gateway) return send(answer.frames);
  for (const test::Bytes& direct : answer.frames) {
    at(now_ + step_duration, [this, packet = test::decode(direct)] { deliver_to_client(packet); });
  }
}

void Simulation::deliver_to_client(const test::Decoded& frame) {
  if (!frame.sound()) {
    ++damaged_;
    return;
  }
  const Client* receiver = client_at(frame.destination, frame.destination_port);
  if (frame.icmp_type >= 0) {
    const test::Decoded quoted = test::decode_ip(frame.payload, true);
    receiver = client_at(quoted.source, quoted.source_port);
  }
  if (receiver == nullptr) return flood_.receive(frame);
  Client& client = clients_[receiver->plan().number];
  if (client.done() || !believes(client, frame)) return;
  const std::string wrong = client.receive(frame, now_);
  if (!wrong.empty() && !invariants_.torn(client.plan().number) && !client.confused()) {
    breaches_.add(client.name() + " was sent " + wrong);
  }
  after(client);
}

// It is an answer to this client, or the gateway's own.
bool Simulation::believes(const Client& client, const test::Decoded& packet) {
  if (packet.icmp_type >= 0) return true;
  if (packet.protocol != static_cast<int>(client.service().protocol)) return false;
  const std::optional<Token> token = token_of(packet);
  const bool own = client.service().protocol == Protocol::tcp &&
                   (packet.flags & (tcp_flag::rst | tcp_flag::syn)) != 0;
  if (token ? token->client == client.plan().number : own) return true;
  if (!invariants_.inherits(client.plan().number)) {
    breaches_.add(client.name() + " was made to believe what was not for it");
  }
  return false;
}

// ---- the run

bool Simulation::over() const {
  return now_ >= latest_end || (now_ > first_client && active_clients_ == 0);
}

// Long after a flood somebody answers what was sent to its addresses.
void Simulation::return_old_cookies() {
  if (flood_.acknowledgments().empty()) return;
  jump_ = 2 * SynCookies::period;
  step(step_duration);
  trace_.add(now_, "old cookies come back");
  send(flood_.acknowledgments());
}

// Everything comes back, and every flow expires.
void Simulation::settle() {
  constexpr Duration recovery = seconds(2), pause = milliseconds(40);
  return_old_cookies();
  for (const Instant until = now_ + recovery; now_ < until;) step(step_duration);
  const Instant until = now_ + established_timeout + 3 * closing_timeout;
  while (now_ < until && breaches_.none()) step(pause);
  // What is still on its way arrives.
  kernel_talks_ = false;
  for (const Instant end = now_ + recovery; now_ < end;) step(step_duration);
}

Outcome Simulation::run() {
  while (!over() && breaches_.none()) step(step_duration);
  if (breaches_.none()) {
    for (const Client& client : clients_) {
      if (!client.done()) invariants_.check_client(client, now_);
    }
    settle();
    if (breaches_.none()) invariants_.check_end();
  }
  return outcome();
}

Outcome Simulation::outcome() const {
  Outcome outcome{.trace_hash = trace_.hash(),
                  .events = trace_.events(),
                  .received = invariants_.ledger().received(),
                  .moves = invariants_.moves(),
                  .troubles = troubles_,
                  .flood = flood_.sent(),
                  .damaged = damaged_ + endpoints_.damaged(),
                  .pressure = gateway_.pressure(),
                  .faults = gateway_.fault_counts(),
                  .breaches = breaches_.lines(),
                  .tail = trace_.tail()};
  for (const Client& client : clients_) {
    const bool finished = client.state() == Client::State::finished;
    outcome.finished += finished;
    outcome.headers += finished && client.service().header != ClientAddress::none;
    outcome.failed += client.state() == Client::State::failed;
  }
  for (uint32_t worker = 0; worker < SimulatedGateway::workers; ++worker) {
    const DropCounters& dropped = gateway_.counters(worker).dropped;
    outcome.cookies += gateway_.counters(worker).attack.cookies.read();
    outcome.by_cookie += gateway_.counters(worker).attack.flows_by_cookie.read();
    outcome.handoff_full += dropped[static_cast<std::size_t>(Drop::handoff_full)].read();
  }
  return outcome;
}

}  // namespace weft::sim
