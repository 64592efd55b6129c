// What goes wrong in a run besides what the wire does to frames.
#include <fmt/format.h>

#include <algorithm>

#include "tests/sim/simulation.h"

namespace weft::sim {

static constexpr uint64_t first_ms = 1000, span_ms = 6000;

void Simulation::trouble(std::function<void()> what) {
  ++troubles_;
  at(Instant(milliseconds(first_ms + random_.below(span_ms))), std::move(what));
}

void Simulation::plan_troubles() {
  plan_deaths();
  plan_reloads();
  plan_stalls();
  plan_jumps();
  plan_bursts();
  plan_lost_neighbours();
  plan_floods();
}

void Simulation::plan_deaths() {
  for (const Service& service : services_) {
    for (const std::string& address : service.all_endpoints()) {
      if (!random_.happens(50)) continue;
      trouble([this, address] {
        trace_.add(now_, "dies " + address);
        endpoints_.kill(address, now_);
        at(now_ + milliseconds(200 + random_.below(3000)), [this, address] {
          trace_.add(now_, "comes back " + address);
          endpoints_.revive(address);
        });
      });
    }
  }
}

void Simulation::plan_reloads() {
  // A listener that was removed may refuse until all know that it is back.
  static constexpr Duration refusal_max = milliseconds(500);
  for (uint64_t i = 6 + random_.below(6); i > 0; --i) {
    trouble([this] {
      const Reload reload = reloads_.change(random_);
      trace_.add(now_, "reload: " + reload.what);
      gateway_.reload(reloads_.model());
      if (!reload.removed_listener) return;
      const std::string service = *reload.removed_listener;
      const Instant back = now_ + milliseconds(50 + random_.below(1500));
      lives_.excuse_listener(service, back + refusal_max);
      at(back, [this, service] {
        trace_.add(now_, "reload: listener again of " + service);
        reloads_.return_listener(service);
        gateway_.reload(reloads_.model());
      });
    });
  }
}

// Threads that do not get a processor: rings and queues fill meanwhile.
void Simulation::plan_stalls() {
  for (int i = 0; i < 6; ++i) {
    trouble([this] {
      const auto worker = random_.below(SimulatedGateway::workers);
      const Duration duration = milliseconds(5 + random_.below(60));
      trace_.add(now_, fmt::format("worker {} stalls for {} ms", worker, to_ms(duration)));
      worker_returns_[worker] = now_ + duration;
    });
  }
  for (int i = 0; i < 3; ++i) {
    trouble([this] {
      const Duration duration = milliseconds(20 + random_.below(150));
      trace_.add(now_, fmt::format("mgmt stalls for {} ms", to_ms(duration)));
      mgmt_returns_ = now_ + duration;
    });
  }
}

// The machine stands still, or the clock of one worker runs ahead of the others'.
void Simulation::plan_jumps() {
  for (int i = 0; i < 2; ++i) {
    trouble([this] {
      jump_ = milliseconds(100 + random_.below(2500));
      trace_.add(now_, fmt::format("time jumps by {} ms", to_ms(jump_)));
    });
    trouble([this] {
      const auto worker = random_.below(SimulatedGateway::workers);
      const Duration ahead = milliseconds(1 + random_.below(500));
      trace_.add(now_, fmt::format("clock of worker {} jumps by {} ms", worker, to_ms(ahead)));
      invariants_.on_jump();
      clocks_ahead_[worker] += ahead;
    });
  }
}

void Simulation::plan_bursts() {
  for (int i = 0; i < 3; ++i) {
    trouble([this] {
      const uint64_t clients = 20 + random_.below(60);
      trace_.add(now_, fmt::format("{} clients at once", clients));
      for (uint64_t k = 0; k < clients; ++k) start_client(now_);
    });
  }
}

// More packets than a worker may remember flows for, and clients among them.
void Simulation::plan_floods() {
  for (int i = 0; i < 2; ++i) {
    trouble([this] {
      const Duration duration = milliseconds(150 + random_.below(250));
      flood_packets_ = 2 + random_.below(3);
      flood_ends_ = now_ + duration;
      trace_.add(now_, fmt::format("a flood of {} packets a ms for {} ms", flood_packets_,
                                   to_ms(duration)));
      for (uint64_t k = 10 + random_.below(40); k > 0; --k) {
        start_client(now_ + milliseconds(random_.below(600)));
      }
    });
  }
}

// The kernel loses a neighbour's link address and learns it again.
void Simulation::plan_lost_neighbours() {
  for (int i = 0; i < 2; ++i) {
    trouble([this] {
      const Service& service = random_.one_of(services_);
      const std::string address = random_.one_of(service.all_endpoints());
      const IpAddress parsed = *IpAddress::parse(address);
      const auto lost =
          std::ranges::find(kernel_.neighbours, parsed, &mgmt::KernelNeighbour::address);
      if (lost == kernel_.neighbours.end()) return;
      trace_.add(now_, "no neighbour " + address);
      const mgmt::KernelNeighbour neighbour = *lost;
      kernel_.neighbours.erase(lost);
      gateway_.set_kernel(kernel_);
      const Instant back = now_ + milliseconds(20 + random_.below(1500));
      lives_.on_neighbour_lost(address);
      at(back, [this, neighbour] {
        trace_.add(now_, "neighbour again " + neighbour.address.to_string());
        lives_.on_neighbour_back(neighbour.address.to_string(), now_);
        kernel_.neighbours.push_back(neighbour);
        std::ranges::sort(kernel_.neighbours, {}, &mgmt::KernelNeighbour::address);
        gateway_.set_kernel(kernel_);
      });
    });
  }
}

}  // namespace weft::sim
