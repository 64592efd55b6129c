#include "tests/sim/lives.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "mgmt/health/probe_schedule.h"

namespace weft::sim {

// Probes that were on their way when an endpoint came back may still count against it.
static constexpr Duration blame_max = seconds(1);
// From the kernel's word of a neighbour to a snapshot that every worker has, which may stall.
static constexpr Duration word_of_neighbour_max = milliseconds(100);
// From a death to the last new flow: the next probe and those after it fail, each without a word of
// its end, and whoever passes the word on takes a step of the simulation.
static constexpr Duration grace =
    probe_interval + probe_fall * (probe_timeout + mgmt::ProbeLimits{}.overdue_margin) +
    milliseconds(5);

Lives::Lives(const std::vector<Service>& services, const Endpoints& endpoints,
             const SimulatedGateway& gateway, Breaches& breaches)
    : services_(services), gateway_(gateway), breaches_(breaches) {
  for (const Service& service : services) {
    last_without_fit_[service.name] = refused_until_[service.name] = Instant::min();
    for (const std::string& address : service.all_endpoints()) {
      lives_[address].service = &service;
      lives_[address].alive = &endpoints.alive(address);
      lives_[address].number = endpoints.number_of(address);
      at_mac_[endpoint_mac(address)] = address;
    }
  }
}

const std::string* Lives::at_mac(const std::string& mac) const {
  const auto found = at_mac_.find(mac);
  return found == at_mac_.end() ? nullptr : &found->second;
}

void Lives::on_neighbour_lost(const std::string& endpoint) {
  lives_.at(endpoint).may_wait = true;
  lives_.at(endpoint).neighbour_back = Instant::max();
}

void Lives::on_neighbour_back(const std::string& endpoint, Instant now) {
  lives_.at(endpoint).neighbour_back = now;
  lives_.at(endpoint).delays_at_neighbour = delays_;
}

void Lives::stop_waiting(Life& life, Instant now) const {
  if (!life.may_wait || life.neighbour_back > now) return;
  const Duration delays = delays_ - life.delays_at_neighbour;
  if (now - life.neighbour_back - delays < word_of_neighbour_max) return;
  uint32_t held = 0;
  for (uint32_t worker = 0; worker < SimulatedGateway::workers; ++worker) {
    held += gateway_.packets_held(worker);
  }
  life.may_wait = held != 0;
}

void Lives::excuse_listener(const std::string& service, Instant until) {
  refused_until_.at(service) = until;
}

bool Lives::listener_absent_since(const std::string& service, Instant since) const {
  return refused_until_.at(service) >= since;
}

Instant Lives::last_without_fit(const std::string& service) const {
  return last_without_fit_.at(service);
}

void Lives::on_moment(Instant now) {
  std::set<const Service*> fit;
  for (auto& [address, life] : lives_) {
    const SimulatedGateway::Standing standing = gateway_.standing(address);
    judge(address, life, standing, now);
    stop_waiting(life, now);
    const bool takes = standing.configured && standing.state == EndpointState::healthy;
    if (takes) fit.insert(life.service);
  }
  for (const Service& service : services_) {
    if (!fit.contains(&service)) last_without_fit_[service.name] = now;
  }
}

void Lives::see_healthy(Instant now) {
  for (auto& [address, life] : lives_) {
    if (gateway_.state(address) == EndpointState::healthy) life.last_healthy = now;
  }
}

void Lives::judge(const std::string& address, Life& life,
                  const SimulatedGateway::Standing& standing, Instant now) {
  if (*life.alive) {
    life.died = Instant::min();
  } else {
    if (life.died == Instant::min()) {
      life.died = now;
      life.delays_at_death = delays_;
    }
    life.last_dead = now;
    life.delays_at_last_dead = delays_;
  }
  if (!standing.configured) life.was_healthy = false;
  if (standing.state == EndpointState::healthy) {
    life.was_healthy = true;
    life.last_healthy = now;
  }
  if (standing.state != EndpointState::down) return;
  life.last_down = now;
  if (!life.was_healthy) return;
  const Duration delays = delays_ - life.delays_at_last_dead;
  if (life.last_dead == Instant::min() || now - life.last_dead - delays > blame_max) {
    breaches_.add(address + " is down although it answers its probes");
  }
}

void Lives::on_new_flow(const std::string& endpoint, Instant now) {
  const Life& life = of(endpoint);
  if (life.died == Instant::min()) return;
  const Duration dead = now - life.died - (delays_ - life.delays_at_death);
  if (dead <= grace) return;
  breaches_.add(fmt::format("a new flow to {}, which is dead for {} ms", endpoint, to_ms(dead)));
}

void Lives::check_end() {
  for (const auto& [address, life] : lives_) {
    const SimulatedGateway::Standing standing = gateway_.standing(address);
    if (standing.configured && standing.state == EndpointState::down) {
      breaches_.add(address + " is back but still down");
    }
  }
}

}  // namespace weft::sim
