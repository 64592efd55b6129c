#include "tests/sim/lives.h"

#include <fmt/format.h>

#include <algorithm>

#include "mgmt/health/probe_schedule.h"

namespace weft::sim {

// Probes that were on their way when an endpoint came back may still count against it.
static constexpr Duration blame_max = seconds(1);
// From a death to the last new flow: the next probe and those after it fail, each without a word of
// its end, and whoever passes the word on takes a step of the simulation.
static constexpr Duration grace =
    probe_interval + probe_fall * (probe_timeout + mgmt::ProbeLimits{}.overdue_margin) +
    milliseconds(5);

Lives::Lives(const std::vector<Service>& services, const Endpoints& endpoints,
             const SimulatedGateway& gateway, Breaches& breaches)
    : endpoints_(endpoints), gateway_(gateway), breaches_(breaches) {
  for (const Service& service : services) {
    last_without_fit_[service.name] = refused_until_[service.name] = Instant::min();
    for (const std::string& address : service.all_endpoints()) {
      lives_[address].service = &service;
      at_mac_[endpoint_mac(address)] = address;
    }
  }
}

const std::string* Lives::at_mac(const std::string& mac) const {
  const auto found = at_mac_.find(mac);
  return found == at_mac_.end() ? nullptr : &found->second;
}

void Lives::excuse_waiting(const std::string& endpoint, Instant until) {
  lives_.at(endpoint).waits_until = until;
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
  std::map<std::string_view, uint32_t> fit;
  for (auto& [address, life] : lives_) {
    judge(address, life, now);
    const bool takes =
        gateway_.configured(address) && gateway_.state(address) == EndpointState::healthy;
    if (takes) ++fit[life.service->name];
  }
  for (auto& [name, last] : last_without_fit_) {
    if (fit[name] == 0) last = now;
  }
}

void Lives::judge(const std::string& address, Life& life, Instant now) {
  if (endpoints_.alive(address)) {
    life.died = Instant::min();
  } else {
    if (life.died == Instant::min()) {
      life.died = now;
      life.delays_at_death = delays_;
    }
    life.last_dead = now;
    life.delays_at_last_dead = delays_;
  }
  if (!gateway_.configured(address)) life.was_healthy = false;
  const EndpointState state = gateway_.state(address);
  if (state == EndpointState::healthy) life.was_healthy = true;
  if (state != EndpointState::down) return;
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
    if (gateway_.configured(address) && gateway_.state(address) == EndpointState::down) {
      breaches_.add(address + " is back but still down");
    }
  }
}

}  // namespace weft::sim
