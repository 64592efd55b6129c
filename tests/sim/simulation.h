// A run of the world from one seed: clients, a bad network, a gateway, an operator, endpoints that
// die and come back. Time goes in steps of a millisecond, but for jumps. The same seed gives the
// same run.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <queue>
#include <string>
#include <vector>

#include "tests/sim/breaches.h"
#include "tests/sim/client.h"
#include "tests/sim/endpoints.h"
#include "tests/sim/flood.h"
#include "tests/sim/invariants.h"
#include "tests/sim/lives.h"
#include "tests/sim/network.h"
#include "tests/sim/reloads.h"
#include "tests/sim/senders.h"
#include "tests/sim/simulated_gateway.h"
#include "tests/sim/trace.h"

namespace weft::sim {

struct Outcome {
  uint64_t trace_hash = 0;
  uint64_t events = 0;
  uint64_t received = 0;  // frames, by workers
  uint64_t moves = 0;     // of flows, each for a reason
  uint32_t finished = 0;
  uint32_t failed = 0;     // clients, each with an excuse
  uint32_t troubles = 0;   // planned ones: deaths, reloads, stalls, jumps
  uint32_t flood = 0;      // packets of senders that are not there
  uint64_t cookies = 0;    // that workers sent
  uint64_t by_cookie = 0;  // connections that one began
  uint64_t headers = 0;    // clients that finished behind a PROXY header
  uint64_t damaged = 0;    // packets that endpoints and clients did not believe
  TablePressure pressure;
  uint64_t handoff_full = 0;
  FaultCounts faults;
  std::vector<std::string> breaches;  // of invariants
  std::string tail;                   // the last events
};

class Simulation {
 public:
  // `kept_events_max`: how many of the last events the outcome tells.
  explicit Simulation(uint64_t seed, std::size_t kept_events_max = 60);
  Outcome run();

 private:
  SimulatedGatewaySettings settings_of(uint64_t seed);
  SimulatedGateway::Surroundings surroundings();

  // What is to come (troubles.cc).
  void plan_troubles();
  void plan_deaths();
  void plan_reloads();
  void plan_stalls();
  void plan_jumps();
  void plan_bursts();
  void plan_lost_neighbours();
  void plan_floods();
  void at(Instant when, std::function<void()> what) { agenda_.emplace(when, std::move(what)); }
  // At some moment of the traffic; counted and traced.
  void trouble(std::function<void()> what);

  // A moment.
  void step(Duration duration);
  void run_agenda();
  void talk_to_kernel();
  void let_act();
  void start_client(Instant start);
  void start_clients();
  void send_all();
  void send(const std::vector<test::Bytes>& frames);
  void send_flood();
  void answer_probe(const mgmt::EndpointProbe& probe);
  void on_receive(uint32_t queue, const Frame& bytes);
  void on_transmit(uint32_t queue, const Frame& bytes);
  void deliver(const Frame& bytes);
  void deliver_to_client(const test::Decoded& frame);
  bool believes(const Client& client, const test::Decoded& packet);
  void after(Client& client);
  bool over() const;
  void return_old_cookies();
  void settle();
  Outcome outcome() const;

  const Client* client_at(const std::string& address, int port) const;

  Random random_;
  const std::vector<Service> services_;
  Instant now_{};
  Trace trace_;
  Breaches breaches_;
  Reloads reloads_;
  Senders senders_;
  Flood flood_;
  Endpoints endpoints_;
  Lives lives_;
  Invariants invariants_;
  std::multimap<Instant, std::function<void()>> agenda_;
  std::deque<Client> clients_;    // by number
  uint32_t identifications_ = 0;  // of datagrams in pieces
  using Wake = std::pair<Instant, uint32_t>;
  std::priority_queue<Wake, std::vector<Wake>, std::greater<>> wakes_;  // clients that send then
  uint32_t active_clients_ = 0;
  uint32_t troubles_ = 0;
  Instant flood_ends_{};
  uint64_t flood_packets_ = 0;  // in each step until then
  uint64_t damaged_ = 0;        // what clients got
  Duration jump_{};             // that the next step takes besides
  Instant mgmt_returns_{};
  bool kernel_talks_ = true;
  std::array<Instant, SimulatedGateway::workers> worker_returns_{};
  std::array<Duration, SimulatedGateway::workers> clocks_ahead_{};  // of the workers
  std::vector<mgmt::EndpointProbed> probed_;                        // while mgmt is away
  mgmt::KernelView kernel_;
  SimulatedGateway gateway_;
};

}  // namespace weft::sim
