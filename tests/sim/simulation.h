// A run of the world from one seed: clients, a faulty network, a gateway, endpoints that die and
// come back, and one reload. Time goes in steps of a millisecond. The same seed gives the same run.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/sim/client.h"
#include "tests/sim/endpoints.h"
#include "tests/sim/invariants.h"
#include "tests/sim/network.h"
#include "tests/sim/simulated_gateway.h"
#include "tests/sim/trace.h"

namespace weft::sim {

struct Outcome {
  uint64_t trace_hash = 0;
  uint64_t events = 0;
  uint64_t frames = 0;  // that workers transmitted
  uint64_t moves = 0;   // of flows from endpoints that went down
  uint32_t finished = 0;
  uint32_t failed = 0;  // clients, each with an excuse
  uint32_t deaths = 0;  // of endpoints
  FaultCounts faults;
  std::vector<std::string> breaches;  // of invariants
  std::string tail;                   // the last events
};

class Simulation {
 public:
  explicit Simulation(uint64_t seed);
  Outcome run();

 private:
  void plan_clients();
  void plan_deaths();
  void plan_reload();
  void at(Instant when, std::function<void()> what) { agenda_.emplace(when, std::move(what)); }
  SimulatedGateway::Surroundings surroundings();
  void answer_probe(const mgmt::EndpointProbe& probe);
  void step();
  void send_all();
  void deliver(const Frame& bytes);
  void deliver_to_client(const test::Decoded& frame);
  void check_ended();
  bool over() const;

  Random random_;
  Instant now_{};
  Trace trace_;
  Endpoints endpoints_;
  Invariants invariants_;
  std::multimap<Instant, std::function<void()>> agenda_;
  std::map<std::string, Client> clients_;  // by name
  std::vector<const Client*> ended_;       // in this step
  uint32_t deaths_ = 0;
  SimulatedGateway gateway_;
};

}  // namespace weft::sim
