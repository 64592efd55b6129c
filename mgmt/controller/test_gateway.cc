#include "mgmt/controller/test_gateway.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "dataplane/base/check.h"

namespace weft::mgmt {

static constexpr uint32_t test_slots = 2 * adopted_endpoints_max;  // more ids than any test gives

HealthSettings tcp_health() {
  HealthSettings health;
  health.interval_ms = milliseconds(1000);
  health.timeout_ms = milliseconds(300);
  health.fall = 3;
  health.rise = 2;
  return health;
}

ClusterSettings cluster_of(std::string name, std::vector<EndpointSettings> endpoints) {
  ClusterSettings cluster;
  cluster.name = std::move(name);
  cluster.endpoints = std::move(endpoints);
  cluster.health = tcp_health();
  cluster.resolve_interval_ms = milliseconds(10'000);
  return cluster;
}

ListenerSettings listener_of(std::string name, std::string_view address, std::string cluster) {
  ListenerSettings listener;
  listener.name = std::move(name);
  listener.address = *IpPrefix::parse(address);
  listener.first_port = listener.last_port = 80;
  listener.cluster = std::move(cluster);
  return listener;
}

Model model_of(std::vector<ListenerSettings> listeners, std::vector<ClusterSettings> clusters) {
  Model model;
  model.gateway.name = "gw-1";
  model.gateway.hash_seed = "seed";
  model.gateway.withdraw_ms = milliseconds(2000);
  model.gateway.drain_timeout_ms = milliseconds(30'000);
  model.gateway.ready_after_ms = milliseconds(10'000);
  model.gateway.generations_max = 8;
  model.interfaces.resize(1);
  model.interfaces[0].name = "edge";
  model.listeners = std::move(listeners);
  model.clusters = std::move(clusters);
  return model;
}

Model web_model() {
  return model_of({listener_of("web", "203.0.113.10", "web")},
                  {cluster_of("web", {{"10.0.0.1", 80, 1}, {"10.0.0.2", 80, 1}})});
}

WorkerCounters& test_worker() {
  static WorkerCounters worker;
  for (uint32_t slot = 0; slot < test_slots; ++slot) worker.endpoints[slot].flows_active.set(0);
  return worker;
}

TestGateway::TestGateway(Model model, ControllerSettings settings)
    : states_(std::make_unique<EndpointStates>(test_slots, test_slots)) {
  auto started = Controller::start(std::move(model), std::move(settings), *states_, now_);
  CHECK(started);
  controller_ = std::move(*started);
}

// ---- time

std::vector<std::string> TestGateway::poll() {
  std::vector<std::string> lines;
  log_.clear();
  started_.clear();
  actions_ = controller_->poll(now_);
  take(actions_, lines);
  return lines;
}

std::vector<std::string> TestGateway::at(int64_t ms) {
  const Instant until = Instant(milliseconds(ms));
  std::vector<std::string> lines;
  log_.clear();
  started_.clear();
  for (bool last = false; !last;) {
    actions_ = controller_->poll(now_);
    take(actions_, lines);
    const Instant next = std::max(actions_.next_poll, now_);
    last = now_ == until && next > now_;
    now_ = std::min(next, until);
  }
  return lines;
}

void TestGateway::take(const Actions& actions, std::vector<std::string>& lines) {
  for (std::string& line : lines_of(actions)) lines.push_back(std::move(line));
  log_.insert(log_.end(), actions.log.begin(), actions.log.end());
  started_.insert(started_.end(), actions.probes.begin(), actions.probes.end());
  for (const EndpointProbe& probe : actions.probes) probes_[probe.endpoint.slot] = probe;
  for (const LookUp& look_up : actions.look_ups) look_ups_[look_up.name] = look_up.attempt;
  if (actions.desired) {
    desired_ = actions.desired;
    generation_ = actions.generation;
  }
  if (!answering_) return;
  for (const auto& [slot, probe] : std::exchange(probes_, {})) {
    const std::string text = EndpointAddress{probe.address, probe.port}.to_string();
    const bool fails = std::ranges::count(dead_, text) > 0;
    controller_->on_probed(
        {probe.endpoint, probe.attempt, fails ? ProbeOutcome::failed : ProbeOutcome::passed,
         fails ? "connection refused" : "connected"},
        now_);
  }
}

// ---- surroundings

EndpointStatus TestGateway::endpoint(std::string_view cluster, std::string_view endpoint) const {
  for (const ClusterStatus& status : controller_->status().clusters) {
    if (status.name != cluster) continue;
    for (const EndpointStatus& found : status.endpoints) {
      if (EndpointAddress{found.address, found.port}.to_string() == endpoint) return found;
    }
  }
  return {};
}

std::string TestGateway::state(std::string_view cluster, std::string_view endpoint) const {
  const EndpointStatus status = this->endpoint(cluster, endpoint);
  if (status.id == EndpointId{}) return "";
  CHECK(states_->get(status.id.slot) == status.state);
  return fmt::format("{}: {}", name(status.state), status.why);
}

uint32_t TestGateway::fit(std::string_view cluster) const {
  for (const ClusterStatus& status : controller_->status().clusters) {
    if (status.name == cluster) return states_->fit_endpoints(status.id.slot);
  }
  CHECK(false);
}

void TestGateway::report(std::string_view cluster, std::string_view endpoint, ProbeOutcome outcome,
                         std::string why) {
  const auto probe = probes_.find(this->endpoint(cluster, endpoint).id.slot);
  CHECK(probe != probes_.end());
  controller_->on_probed({probe->second.endpoint, probe->second.attempt, outcome, std::move(why)},
                         now_);
  probes_.erase(probe);
}

void TestGateway::passes(std::string_view cluster, std::string_view endpoint) {
  report(cluster, endpoint, ProbeOutcome::passed, "connected");
}

void TestGateway::fails(std::string_view cluster, std::string_view endpoint, std::string why) {
  report(cluster, endpoint, ProbeOutcome::failed, std::move(why));
}

void TestGateway::all_pass() {
  for (const auto& [slot, probe] : std::exchange(probes_, {})) {
    controller_->on_probed({probe.endpoint, probe.attempt, ProbeOutcome::passed, "connected"},
                           now_);
  }
}

void TestGateway::answer_probes(std::vector<std::string> dead) {
  answering_ = true;
  dead_ = std::move(dead);
}

void TestGateway::resolves(const std::string& name, const Answer& answer) {
  const auto look_up = look_ups_.find(name);
  CHECK(look_up != look_ups_.end());
  controller_->on_resolved(name, look_up->second, answer, now_);
  look_ups_.erase(look_up);
}

void TestGateway::publishes() {
  controller_->on_published(generation_, now_);
}

void TestGateway::reloads(Model model) {
  const Result<Reloaded> taken = controller_->on_config(std::move(model), now_);
  CHECK(taken);
}

void TestGateway::holds(std::map<EndpointSlot, uint64_t> flows, uint32_t policy_generations) {
  WorkerCounters& worker = test_worker();
  uint64_t flows_active = 0;
  for (const auto& [slot, count] : flows) {
    worker.endpoints[index(slot)].flows_active.set(count);
    flows_active += count;
  }
  worker.turn.snapshot_generation.set(generation_);
  worker.turn.swept_generation.set(generation_);
  const std::array<const WorkerCounters*, 1> workers{&worker};
  const WorkerReports reports(workers);
  controller_->on_holdings({reports, flows_active, policy_generations}, now_);
}

// ---- transcripts

static std::string line_of(const Desired& desired, uint64_t generation) {
  std::string line = fmt::format("publish {}", generation);
  for (const DesiredCluster& cluster : desired.clusters) {
    line += fmt::format(" cluster {}:", index(cluster.id.slot));
    for (const DesiredEndpoint& endpoint : cluster.endpoints) {
      line += fmt::format(" {}", EndpointAddress{endpoint.address, endpoint.port}.to_string());
      if (endpoint.weight != 1) line += fmt::format("*{}", endpoint.weight);
    }
  }
  for (const EndpointSlot slot : desired.draining) line += fmt::format(" draining {}", index(slot));
  return line;
}

static std::string line_of(const LogRecord& record) {
  std::string line = "log " + record.event;
  for (const std::string& name : {record.listener, record.cluster, record.endpoint}) {
    if (!name.empty()) line += fmt::format(" {}", name);
  }
  if (!record.from.empty() || !record.to.empty())
    line += fmt::format(" {}->{}", record.from, record.to);
  if (!record.why.empty()) line += fmt::format(" ({})", record.why);
  return line;
}

std::vector<std::string> lines_of(const Actions& actions) {
  std::vector<std::string> lines;
  for (const EndpointProbe& probe : actions.probes) {
    lines.push_back("probe " + EndpointAddress{probe.address, probe.port}.to_string());
  }
  for (const LookUp& look_up : actions.look_ups) lines.push_back("look up " + look_up.name);
  if (actions.desired) lines.push_back(line_of(*actions.desired, actions.generation));
  if (actions.kernel) {
    std::string line = "announce";
    for (const std::string& name : actions.kernel->announced) line += fmt::format(" {}", name);
    lines.push_back(std::move(line));
  }
  for (const NextHopAddress& next_hop : actions.neighbours) {
    lines.push_back("resolve " + next_hop.address.to_string());
  }
  if (actions.phase) lines.push_back("phase " + std::string(phase_name(*actions.phase)));
  if (actions.refuse_new_flows) lines.push_back("refuse new flows");
  for (const LogRecord& record : actions.log) lines.push_back(line_of(record));
  return lines;
}

}  // namespace weft::mgmt
