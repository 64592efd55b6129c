// A fleet under churn from one seed: connections that routers spread over the gateways by hash, so
// that most of them change gateway when one dies or comes back; endpoints that are removed and
// added, by a reload that reaches each gateway a little later, and some that die. It counts the
// connections that end because a packet reached an endpoint that does not know them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/fleet_gateway.h"
#include "tests/sim/network.h"

namespace weft::sim {

// What is done for connections that meet a gateway without an entry for them.
struct FleetRemedy {
  std::string name;
  milliseconds previous_tables_ms{};
  // Every flow that a change of the set would move is known to all gateways at once, nothing is
  // lost: better than any protocol.
  bool ideal_sync = false;
  // The gateways tell each other, over a network that loses so many datagrams in 1000.
  bool sync = false;
  uint32_t loss_permille = 10;
};

// How often things happen, on average.
struct FleetChurn {
  Duration gateway = seconds(8);    // one dies, or comes back
  Duration set = seconds(5);        // an endpoint is removed or added
  Duration death = seconds(25);     // an endpoint dies for a while
  Duration lifetime = seconds(30);  // of a connection
};

struct FleetOutcome {
  uint64_t connections = 0;
  uint64_t broken = 0;
  uint64_t died = 0;  // with their endpoint
  uint64_t sets = 0;
  uint64_t gateways = 0;   // changes
  uint64_t datagrams = 0;  // between gateways
  uint64_t told_bytes = 0;
  FleetOutcome& operator+=(const FleetOutcome& other);
};

class FleetWorld {
 public:
  // The same seed and churn give the same connections and the same events whatever the remedy.
  FleetWorld(uint64_t seed, const FleetChurn& churn, FleetRemedy remedy);
  FleetOutcome run(Duration duration);

 private:
  struct Connection {
    FleetFlow flow;
    uint64_t route_hash = 0;
    IpAddress endpoint;
    uint64_t set_version = 0;  // when it began
    Instant next_packet;
    Instant ends;
  };
  struct Gateway {
    std::unique_ptr<FleetGateway> gateway;  // null: dead
    bool routed = false;
  };

  void at(Instant when, std::function<void()> what) { agenda_.emplace(when, std::move(what)); }
  // Runs `what` again and again, so often on average.
  void often(Duration mean, std::function<void()> what);
  Duration about(Duration mean);
  void change_gateways();
  void change_set();
  void kill_endpoint();
  std::unique_ptr<FleetGateway> make_gateway(std::size_t place);
  // Datagrams between gateways go on their way, some of them twice or never.
  void carry();
  void connect();
  // False: the connection is over.
  bool send(Connection& connection);
  FleetGateway& gateway_of(const Connection& connection);
  mgmt::Model model() const;

  const FleetChurn churn_;
  const FleetRemedy remedy_;
  Random random_;   // of events
  Random traffic_;  // of connections
  Random network_;  // of datagrams between gateways
  Instant now_{};
  std::multimap<Instant, std::function<void()>> agenda_;
  std::vector<Gateway> gateways_;
  uint64_t gateways_made_ = 0;
  std::set<IpAddress> endpoints_;  // configured
  std::set<IpAddress> dead_;
  uint64_t set_version_ = 0;
  uint32_t next_client_ = 0;
  std::vector<Connection> connections_;
  FleetOutcome outcome_;
};

}  // namespace weft::sim
