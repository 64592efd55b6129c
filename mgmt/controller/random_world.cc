#include "mgmt/controller/random_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "dataplane/base/check.h"

namespace weft::mgmt {

static constexpr uint32_t slots = 4096;
static constexpr std::array<const char*, 3> cluster_names = {"a", "b", "c"};
static constexpr std::array<const char*, 2> host_names = {"one.internal", "two.internal"};

static std::string random_address(uint64_t roll) {
  return fmt::format("10.0.0.{}", 1 + roll % 8);
}

static std::string listener_address(uint64_t roll) {
  return fmt::format("203.0.113.{}", 1 + roll % 4);
}

RandomWorld::RandomWorld(uint64_t seed) : random_(seed), states_(slots, slots) {
  test_worker();
  for (const char* name : host_names) names_[name] = fail("no such name");
  model_ = random_model();
  auto started = Controller::start(model_, {.random_seed = seed}, states_, now_);
  CHECK(started);
  controller_ = std::move(*started);
  happen();
}

void RandomWorld::step() {
  const uint64_t dice = roll(100);
  if (dice < 12) {
    reload();
  } else if (dice < 16) {
    reload_badly();
  } else if (dice < 40) {
    kill_or_revive();
  } else if (dice < 55) {
    change_name();
  } else if (dice < 58) {
    change_kernel();
  } else if (dice < 75) {
    change_flows();
  } else if (dice < 80) {
    order();
  } else {
    report_holdings();
  }
  check();
  take(controller_->poll(now_));
  check();
  advance(roll(20) == 0 ? seconds(8) : roll_ms(900));
}

// ---- events

void RandomWorld::reload() {
  model_ = random_model();
  note("reload");
  const Result<Reloaded> taken = controller_->on_config(model_, now_);
  if (!taken) breach("a good reload was refused: " + taken.error().message);
  ++seen_["reload"];
}

static std::string text_of(const GatewayStatus& status) {
  std::string text =
      fmt::format("{} {} {}", status.config_version, status.snapshot_generation, status.ready());
  for (const ListenerStatus& listener : status.listeners) {
    text += fmt::format("\n{} {} {}", listener.name, listener.cluster, listener.ready);
  }
  for (const ClusterStatus& cluster : status.clusters) {
    text += fmt::format("\n{} {}", cluster.name, cluster.resolve_error);
    for (const EndpointStatus& endpoint : cluster.endpoints) {
      text += fmt::format("\n{} {} {} {}", endpoint.address.to_string(), name(endpoint.state),
                          endpoint.why, endpoint.since.time_since_epoch().count());
    }
  }
  return text;
}

void RandomWorld::reload_badly() {
  const std::string before = text_of(controller_->status());
  if (roll(16) != 0) {  // the other one takes as long as all else of a world
    controller_->on_config_error("weft.toml:1:1: unknown key", now_);
  } else {
    Model model = random_model();
    for (uint32_t i = 0; i <= clusters_max; ++i) {
      model.clusters.push_back(random_cluster(fmt::format("many-{}", i)));
      if (i > 3) model.clusters.back().endpoints.clear();
    }
    if (controller_->on_config(std::move(model), now_)) breach("a reload that cannot fit fits");
  }
  if (text_of(controller_->status()) != before) breach("a bad reload changed something");
  ++seen_["bad reload"];
}

void RandomWorld::kill_or_revive() {
  const EndpointAddress at{*IpAddress::parse(random_address(random_())), 80};
  Host& host = hosts_[at];
  host.alive = !host.alive;
  if (!host.alive) host.dead_since = now_;
  note(fmt::format("{} {}", at.to_string(), host.alive ? "revives" : "dies"));
}

void RandomWorld::change_name() {
  const std::string name = host_names[roll(host_names.size())];
  const uint64_t dice = roll(10);
  if (dice < 2) {
    names_[name] = fail("server failure", Fault::environment, true);
  } else if (dice < 3) {
    names_[name] = fail("no such name");
  } else {
    std::vector<IpAddress> addresses;
    for (uint64_t i = roll(4); i < 4; ++i) {
      addresses.push_back(*IpAddress::parse(random_address(random_())));
    }
    if (roll(4) == 0) addresses.push_back(*IpAddress::parse("fd00::1"));
    if (roll(4) == 0) addresses.push_back(*IpAddress::parse(listener_address(random_())));
    names_[name] = addresses;
  }
}

void RandomWorld::order() {
  Order order = order_about("a/" + random_address(random_()) + ":80").value();
  order.kind = static_cast<OrderKind>(roll(3));
  order.by = "alice";
  const std::string endpoint = endpoint_text(order);
  if (!controller_->on_order(order, now_)) return;
  note(fmt::format("{} {}", order_name(order.kind), endpoint));
  ++seen_["order"];
  orders_.erase(endpoint);
  if (order.kind != OrderKind::enable) orders_.emplace(endpoint, order.kind);
}

void RandomWorld::change_kernel() {
  KernelView view;
  view.routes.push_back({.to = *IpPrefix::parse("10.0.0.0/24")});
  for (int i = 0; i < 4; ++i) {
    view.neighbours.push_back({.address = *IpAddress::parse(random_address(random_()))});
  }
  controller_->on_kernel(view);
}

// New flows go to what the workers have and find healthy; old ones end whenever they like.
void RandomWorld::change_flows() {
  for (auto& [slot, count] : flows_) count -= std::min<uint64_t>(count, roll(4));
  if (!adopted_) return;
  for (const DesiredCluster& cluster : adopted_->clusters) {
    for (const DesiredEndpoint& endpoint : cluster.endpoints) {
      if (states_.get(endpoint.id.slot) != EndpointState::healthy) continue;
      flows_[endpoint.id.slot] += roll(3);
    }
  }
}

void RandomWorld::report_holdings() {
  WorkerCounters& worker = test_worker();
  uint64_t flows_active = 0;
  for (const auto& [slot, count] : flows_) {
    worker.endpoints[index(slot)].flows_active.set(count);
    flows_active += count;
  }
  worker.turn.snapshot_generation.set(adopted_generation_);
  worker.turn.swept_generation.set(adopted_generation_);
  const std::array<const WorkerCounters*, 1> workers{&worker};
  const WorkerReports reports(workers);
  controller_->on_holdings({reports, flows_active, static_cast<uint32_t>(1 + roll(4))}, now_);
}

Model RandomWorld::random_model() {
  Model model = model_of({}, {});
  for (const char* name : cluster_names) {
    if (roll(4) == 0) continue;
    model.clusters.push_back(random_cluster(name));
    if (roll(4) == 0) continue;
    model.listeners.push_back(
        listener_of(fmt::format("to-{}", roll(4)), listener_address(random_()), name));
    const auto same = [&](const ListenerSettings& listener) {
      return listener.name == model.listeners.back().name;
    };
    if (std::ranges::count_if(model.listeners, same) > 1) model.listeners.pop_back();
  }
  return model;
}

ClusterSettings RandomWorld::random_cluster(const std::string& name) {
  ClusterSettings cluster = cluster_of(name, {});
  for (uint64_t i = roll(5); i < 5; ++i) {
    const bool named = roll(4) == 0;
    cluster.endpoints.push_back({named ? host_names[roll(2)] : random_address(random_()), 80,
                                 static_cast<uint32_t>(roll(4))});
  }
  cluster.previous_tables_ms = milliseconds(2000 * roll(3));
  cluster.slow_start_ms = milliseconds(3000 * roll(2));
  cluster.resolve_interval_ms = milliseconds(1000 << roll(3));
  cluster.health->interval_ms = milliseconds(500 << roll(3));
  cluster.health->timeout_ms = cluster.health->interval_ms / 5;
  cluster.health->fall = static_cast<uint32_t>(1 + roll(4));
  cluster.health->rise = static_cast<uint32_t>(1 + roll(3));
  if (roll(10) == 0) cluster.health.reset();
  return cluster;
}

// ---- time

void RandomWorld::advance(Duration duration) {
  const Instant until = now_ + duration;
  while (true) {
    const Instant next = std::max(now_, std::min(next_event(), actions_.next_poll));
    if (next > until) break;
    now_ = next + Duration(roll(2'000'000));  // a loop is always a little late
    happen();
  }
  now_ = std::max(now_, until);
}

Instant RandomWorld::next_event() const {
  Instant next = Instant::max();
  for (const Probe& probe : probes_) next = std::min(next, probe.reports);
  for (const auto& [answered, look_up] : look_ups_) next = std::min(next, answered);
  for (const Publication& publication : publications_) {
    next = std::min({next, std::max(publication.adopted, publication.told)});
  }
  return next;
}

void RandomWorld::happen() {
  report_probes();
  answer_look_ups();
  publish();
  take(controller_->poll(now_));
  check();
}

void RandomWorld::report_probes() {
  for (const Probe& probe : std::exchange(probes_, {})) {
    if (probe.reports > now_) {
      probes_.push_back(probe);
      continue;
    }
    const EndpointProbe& asked = probe.probe;
    if (probe.outcome == ProbeOutcome::passed) {
      hosts_[{asked.address, asked.port}].ever_passed = true;
      watched_[{asked.endpoint.slot, asked.endpoint.generation}].failures_in_a_row = 0;
    }
    controller_->on_probed({asked.endpoint, asked.attempt, probe.outcome,
                            probe.outcome == ProbeOutcome::passed ? "connected" : "refused"},
                           now_);
  }
}

void RandomWorld::answer_look_ups() {
  for (const auto& [answered, look_up] : std::exchange(look_ups_, {})) {
    if (answered > now_) {
      look_ups_.emplace_back(answered, look_up);
    } else {
      controller_->on_resolved(look_up.name, look_up.attempt, names_.at(look_up.name), now_);
    }
  }
}

// Workers adopt a snapshot before or after the controller hears that it is published; some are
// passed over.
void RandomWorld::publish() {
  for (const Publication& publication : std::exchange(publications_, {})) {
    if (publication.adopted <= now_ && publication.generation > adopted_generation_) {
      adopted_generation_ = publication.generation;
      adopted_ = publication.desired;
    }
    if (publication.told <= now_) controller_->on_published(publication.generation, now_);
    if (std::max(publication.adopted, publication.told) > now_)
      publications_.push_back(publication);
  }
}

void RandomWorld::take(const Actions& actions) {
  actions_ = actions;
  for (std::string& line : lines_of(actions)) note(std::move(line));
  for (const EndpointProbe& probe : actions.probes) start(probe);
  for (const LookUp& look_up : actions.look_ups) {
    look_ups_.emplace_back(roll(30) == 0 ? Instant::max() : now_ + roll_ms(500), look_up);
  }
  for (const LogRecord& record : actions.log) ++seen_[record.event + " " + record.to];
  if (!actions.desired) return;
  check_desired(actions);
  if (!publications_.empty() && roll(3) == 0) return;  // passed over
  Instant adopted = now_ + roll_ms(30);
  for (const Publication& earlier : publications_) adopted = std::max(adopted, earlier.adopted);
  publications_.push_back({actions.generation, actions.desired, adopted, now_ + roll_ms(60)});
}

void RandomWorld::start(const EndpointProbe& probe) {
  const Duration give_up = probe.settings->timeout_ms + ProbeLimits{}.overdue_margin;
  for (const Probe& earlier : probes_) {
    if (earlier.probe.endpoint == probe.endpoint && now_ < earlier.started + give_up &&
        earlier.probe.settings == probe.settings) {
      breach("two probes in flight to " + probe.address.to_string());
    }
  }
  const bool alive = hosts_[{probe.address, probe.port}].alive;
  const bool lost = roll(alive ? 50 : 8) == 0;
  const bool inconclusive = alive && !lost && roll(50) == 0;
  const bool passes = alive && !lost && roll(50) != 0;
  const Duration latency =
      alive ? roll_ms(40) : roll_ms(static_cast<uint64_t>(probe.settings->timeout_ms.count()));
  const ProbeOutcome outcome = inconclusive ? ProbeOutcome::inconclusive
                               : passes     ? ProbeOutcome::passed
                                            : ProbeOutcome::failed;
  if (outcome == ProbeOutcome::failed) {
    ++watched_[{probe.endpoint.slot, probe.endpoint.generation}].failures_in_a_row;
  }
  probes_.push_back({probe, now_, lost ? Instant::max() : now_ + latency, outcome});
  std::erase_if(probes_, [&](const Probe& old) {
    return old.reports == Instant::max() && now_ - old.started > seconds(10);
  });
}

}  // namespace weft::mgmt
