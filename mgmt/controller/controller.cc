#include "mgmt/controller/controller.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dataplane/base/check.h"
#include "mgmt/controller/desired_of.h"
#include "mgmt/discovery/endpoint_set.h"
#include "mgmt/model/usable_address.h"

namespace weft::mgmt {

// Probes and look-ups roll dice of their own, so that one more probe changes no look-up.
static constexpr uint64_t look_ups_seed_bits = 0x6c6f6f6b2d757073;

Result<std::unique_ptr<Controller>> Controller::start(Model first, ControllerSettings settings,
                                                      EndpointStates& states, Instant now) {
  std::unique_ptr<Controller> controller(new Controller(std::move(settings), states, now));
  const Result<void> taken = controller->try_take(std::move(first), now);
  if (!taken) return tl::unexpected<Error>(taken.error());
  return controller;
}

Controller::Controller(ControllerSettings settings, EndpointStates& states, Instant now)
    : settings_(std::move(settings)),
      started_(now),
      names_(settings_.look_ups, settings_.random_seed ^ look_ups_seed_bits),
      membership_(settings_.probes, settings_.random_seed, settings_.orders, states, identities_,
                  log_),
      listeners_(identities_, log_),
      blackholes_(settings_.blackholes) {}

// ---- configuration

Result<Reloaded> Controller::on_config(Model model, Instant now) {
  waiting_.reset();
  const uint32_t generations_max = model_->gateway.generations_max;
  if (generations_max == 0 || policy_generations_live_ < generations_max) {
    return try_take(std::move(model), now).map([] { return Reloaded{}; });
  }
  waiting_ = std::move(model);
  last_reload_error_ = fmt::format(
      "the reload waits: {} generations of the configuration are in use (generations_max {})",
      policy_generations_live_, generations_max);
  log_.push_back({.level = LogRecord::Level::warning,
                  .at = now,
                  .event = "config_waits",
                  .why = last_reload_error_});
  return Reloaded{.waits = last_reload_error_};
}

// What can never fit is refused before it claims ids, which would be free again only when workers
// have let go of them.
static Result<void> check_sizes(const Model& model) {
  std::size_t endpoints = 0;
  for (const ClusterSettings& cluster : model.clusters) endpoints += cluster.endpoints.size();
  const auto check = [](std::string_view what, std::size_t count, uint32_t max) -> Result<void> {
    if (count <= max) return {};
    return fail(
        fmt::format("the configuration has {} {}, at most {} are possible", count, what, max),
        Fault::operator_input);
  };
  Result<void> sizes = check("listeners", model.listeners.size(), listeners_max);
  if (sizes) sizes = check("clusters", model.clusters.size(), clusters_max);
  if (sizes) sizes = check("endpoints", endpoints, endpoints_max);
  return sizes;
}

Result<void> Controller::try_take(Model model, Instant now) {
  Claim claim(identities_, now);
  OwnAddresses own(model);
  Result<void> fits = check_sizes(model);
  if (fits) fits = listeners_.claim(model.listeners, claim);
  if (fits) fits = membership_.claim(model.clusters, names_, own, claim);
  if (!fits) {
    on_config_error(fits.error().message, now);
    pace_.on_change();  // so that what was claimed is given back soon
    return fits;
  }
  claim.keep();
  own_ = std::move(own);
  take(std::move(model), now);
  return {};
}

void Controller::on_config_error(std::string error, Instant now) {
  log_.push_back(
      {.level = LogRecord::Level::warning, .at = now, .event = "config_refused", .why = error});
  last_reload_error_ = std::move(error);
}

// A list that a reload did not change stays the one that workers read.
static void share_unchanged(std::vector<PrefixListSettings>& lists,
                            const std::vector<PrefixListSettings>& running) {
  for (PrefixListSettings& list : lists) {
    const auto same = std::ranges::find(running, list);
    if (same != running.end()) list.prefixes = same->prefixes;
  }
}

void Controller::take(Model model, Instant now) {
  if (model_ != nullptr) share_unchanged(model.prefix_lists, model_->prefix_lists);
  std::map<std::string, Duration> intervals;
  clusters_by_name_.clear();
  for (const ClusterSettings& cluster : model.clusters) {
    const Duration interval = cluster.resolve_interval_ms;
    for (const std::string& name : names_in(cluster)) {
      const auto [wanted, added] = intervals.emplace(name, interval);
      if (!added) wanted->second = std::min(wanted->second, interval);
      clusters_by_name_[name].push_back(cluster.name);
    }
  }
  names_.want(intervals, now);
  membership_.on_config(model, now);
  for (const ClusterSettings& cluster : model.clusters) discover_cluster(cluster.name, now);
  listeners_.on_config(model.listeners, model.gateway.ready_after_ms, now);
  model_ = std::make_shared<const Model>(std::move(model));
  config_since_ = now;
  last_reload_error_.clear();
  wishes_changed_ = true;
  pace_.on_change();
  log_.push_back(
      {.at = now, .event = "config", .to = fmt::format("version {}", ++config_version_)});
}

// ---- discovery

void Controller::discover_cluster(const std::string& name, Instant now) {
  const TrackedCluster* cluster = membership_.find(name);
  CHECK(cluster != nullptr);
  if (membership_.on_set(name, discover(cluster->settings, names_, own_), now)) pace_.on_change();
}

void Controller::on_resolved(std::string_view name, uint32_t attempt, const Answer& answer,
                             Instant now) {
  if (!names_.on_answer(name, attempt, answer, now)) return;
  const auto users = clusters_by_name_.find(name);
  CHECK(users != clusters_by_name_.end());
  for (const std::string& cluster : users->second) discover_cluster(cluster, now);
}

// ---- what others tell

void Controller::on_probed(const EndpointProbed& probed, Instant now) {
  membership_.on_probed(probed, now);
}

void Controller::on_kernel(KernelView view) {
  if (view == kernel_) return;
  kernel_ = std::move(view);
  pace_.on_change();
}

void Controller::on_holdings(const Holdings& holdings, Instant now) {
  if (identities_.observe(holdings.workers, now)) pace_.on_change();
  lifecycle_.on_flows_active(holdings.flows_active);
  policy_generations_live_ = holdings.policy_generations_live;
  if (!waiting_ || policy_generations_live_ >= model_->gateway.generations_max) return;
  Model model = std::move(*waiting_);
  waiting_.reset();
  try_take(std::move(model), now);
}

void Controller::on_published(uint64_t generation, Instant now) {
  CHECK(generation <= desired_generation_);
  if (generation <= published_generation_) return;
  published_generation_ = generation;
  lifecycle_.on_published();
  membership_.on_published(generation, now);
  listeners_.on_published(generation);
}

Result<void> Controller::on_order(const Order& order, Instant now) {
  return membership_.on_order(order, now);
}

std::vector<Order> Controller::orders() const {
  std::vector<Order> orders;
  for (OrderStatus& status : membership_.orders()) orders.push_back(std::move(status.order));
  return orders;
}

Result<void> Controller::on_blackholes(const BlackholeChange& change, Instant now) {
  const Result<void> taken = blackholes_.change(change);
  if (!taken) return taken;
  pace_.on_change();
  log_.push_back({.at = now,
                  .event = "blackholes",
                  .why = fmt::format("{} added, {} removed: {} now", change.add.size(),
                                     change.remove.size(), blackholes_.prefixes().size())});
  return {};
}

std::vector<IpPrefix> Controller::blackholes() const {
  return {blackholes_.prefixes().begin(), blackholes_.prefixes().end()};
}

void Controller::on_next_hop_wanted(const NextHopAddress& next_hop, Instant now) {
  next_hops_.on_wanted(next_hop, now);
}

EndpointSlot Controller::endpoint_of(const PlacedFlow& flow, Instant now) {
  const std::string_view cluster = listeners_.cluster_at(flow.listener, flow.listener_port.host());
  const bool reachable = unusable(flow.endpoint).empty() && own_.owner(flow.endpoint).empty();
  if (cluster.empty() || !reachable || flow.endpoint_port.host() == 0) return none<EndpointSlot>;
  bool adopted = false;
  const EndpointAddress at{flow.endpoint, flow.endpoint_port.host()};
  const EndpointSlot slot = membership_.find_or_adopt(cluster, at, now, adopted);
  if (adopted) pace_.on_change();
  return slot;
}

void Controller::on_peers_hold(std::set<EndpointSlot> held) {
  const bool some_go = !std::ranges::includes(held, held_by_peers_);
  held_by_peers_ = std::move(held);
  if (some_go) pace_.on_change();  // what has no flows here either may go as well
}

void Controller::on_stop(Instant now) {
  lifecycle_.on_stop({model_->gateway.withdraw_ms, model_->gateway.drain_timeout_ms}, now);
}

}  // namespace weft::mgmt
