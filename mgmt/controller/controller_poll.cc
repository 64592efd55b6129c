// What the controller asks for: one poll, step by step.
#include <algorithm>
#include <utility>

#include "mgmt/controller/controller.h"
#include "mgmt/controller/desired_of.h"

namespace weft::mgmt {

Actions Controller::poll(Instant now) {
  Actions actions;
  lifecycle_.poll(now);
  if (lifecycle_.phase() != Phase::stopped) {
    if (names_.poll(now, actions.look_ups)) discover_named(now);
    membership_.poll(now, actions);
    if (membership_.expire_tables(now)) pace_.on_change();
    wishes_changed_ |= listeners_.poll(membership_, decided_generation(), now);
    if (pace_.poll(now)) publish(actions, now);
    next_hops_.poll(now, actions.neighbours);
  }
  follow_phase(actions, now);
  if (std::exchange(wishes_changed_, false)) actions.kernel = kernel_wishes();
  actions.refuse_new_flows = lifecycle_.refuses_new_flows();
  actions.log = std::exchange(log_, {});
  actions.next_poll = next_poll();
  return actions;
}

void Controller::discover_named(Instant now) {
  for (const TrackedCluster* cluster : membership_.live()) {
    if (!names_in(cluster->settings).empty()) discover_cluster(cluster->settings.name, now);
  }
}

// The first generation that has every decision made until now.
uint64_t Controller::decided_generation() const {
  return desired_generation_ + (pace_.next() == Instant::max() ? 0 : 1);
}

void Controller::publish(Actions& actions, Instant now) {
  membership_.roll_tables(now);
  const std::string& hash_seed = model_->gateway.hash_seed;
  Desired desired =
      desired_of(*model_, membership_, listeners_, kernel_, settings_.worker_weights,
                 hash_seed_number(hash_seed.empty() ? settings_.drawn_hash_seed : hash_seed));
  desired.blackholes = blackholes_.set();
  std::set<EndpointSlot> held = membership_.held();
  held.insert(held_by_peers_.begin(), held_by_peers_.end());
  desired.draining = identities_.settle(++desired_generation_, held);
  for (DesiredCluster& cluster : desired.clusters) {  // without those that just ended
    std::erase_if(cluster.adopted, [&](const DesiredEndpoint& endpoint) {
      return !std::ranges::binary_search(desired.draining, endpoint.id.slot);
    });
  }
  membership_.on_desired(desired_generation_, now);
  next_hops_.update(desired, now);
  actions.desired = std::make_shared<const Desired>(std::move(desired));
  actions.generation = desired_generation_;
}

void Controller::follow_phase(Actions& actions, Instant now) {
  const Phase phase = lifecycle_.phase();
  if (phase == phase_said_) return;
  log_.push_back({.at = now,
                  .event = "phase",
                  .from = std::string(phase_name(phase_said_)),
                  .to = std::string(phase_name(phase))});
  actions.phase = phase_said_ = phase;
  wishes_changed_ = true;
}

KernelWishes Controller::kernel_wishes() const {
  KernelWishes wishes{model_, {}};
  if (lifecycle_.phase() == Phase::serving) {
    for (const TrackedListener* listener : listeners_.live()) {
      if (listener->ready) wishes.announced.push_back(listener->settings.name);
    }
  }
  std::ranges::sort(wishes.announced);
  return wishes;
}

Instant Controller::next_poll() const {
  if (lifecycle_.phase() == Phase::stopped) return Instant::max();
  return std::min({lifecycle_.next(), names_.next_poll(), membership_.next_poll(),
                   listeners_.next_poll(), pace_.next(), next_hops_.next_poll()});
}

bool KernelWishes::announces(const ListenerSettings& listener) const {
  return std::ranges::binary_search(announced, listener.name);
}

}  // namespace weft::mgmt
