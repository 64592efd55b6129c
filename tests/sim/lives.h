// The lives of the endpoints beside what mgmt says of them: how long each is dead, when it was last
// known to be down, when a service had no endpoint or no listener. And whether mgmt is right: it
// calls none down that answers, and finds all that came back.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/sim/breaches.h"
#include "tests/sim/endpoints.h"
#include "tests/sim/network.h"
#include "tests/sim/simulated_gateway.h"

namespace weft::sim {

class Lives {
 public:
  Lives(const std::vector<Service>& services, const Endpoints& endpoints,
        const SimulatedGateway& gateway, Breaches& breaches);

  // At the end of every moment.
  void on_moment(Instant now);
  // In the middle of one: mgmt may act before it ends.
  void see_healthy(Instant now);
  // mgmt could not act for so long; what it has to notice takes it that much longer.
  void excuse_delay(Duration duration) { delays_ += duration; }
  // The kernel has no link address of the endpoint: packets to it may wait in the gateway. Until
  // it has one again, mgmt had time to say so and the gateway holds no packets.
  void on_neighbour_lost(const std::string& endpoint);
  void on_neighbour_back(const std::string& endpoint, Instant now);
  // Clients of the service may be refused until then.
  void excuse_listener(const std::string& service, Instant until);

  // A worker gave it a new flow.
  void on_new_flow(const std::string& endpoint, Instant now);
  // The run is over and every endpoint has come back.
  void check_end();

  // Instant::min(): never.
  Instant last_down(const std::string& endpoint) const { return of(endpoint).last_down; }
  Instant last_dead(const std::string& endpoint) const { return of(endpoint).last_dead; }
  Instant last_healthy(const std::string& endpoint) const { return of(endpoint).last_healthy; }
  bool may_wait(const std::string& endpoint) const { return of(endpoint).may_wait; }
  bool listener_absent_since(const std::string& service, Instant since) const;
  Instant last_without_fit(const std::string& service) const;
  // The endpoint's address; null: it is no endpoint's MAC address.
  const std::string* at_mac(const std::string& mac) const;
  const Service& service_of(const std::string& endpoint) const { return *of(endpoint).service; }
  uint32_t number_of(const std::string& endpoint) const { return of(endpoint).number; }

 private:
  struct Life {
    const Service* service = nullptr;
    const bool* alive = nullptr;
    uint32_t number = 0;       // the endpoint's
    bool was_healthy = false;  // by mgmt's word, since it is in the configuration
    Instant died = Instant::min();
    Duration delays_at_death{};
    Instant last_dead = Instant::min();
    Duration delays_at_last_dead{};
    Instant last_down = Instant::min();     // by mgmt's word
    Instant last_healthy = Instant::min();  // the same
    bool may_wait = false;
    Instant neighbour_back = Instant::max();
    Duration delays_at_neighbour{};
  };

  const Life& of(const std::string& endpoint) const { return lives_.at(endpoint); }
  void stop_waiting(Life& life, Instant now) const;
  void judge(const std::string& address, Life& life, const SimulatedGateway::Standing& standing,
             Instant now);

  const std::vector<Service>& services_;
  const SimulatedGateway& gateway_;
  Breaches& breaches_;
  std::map<std::string, Life> lives_;                // by endpoint address
  std::map<std::string, std::string> at_mac_;        // endpoint addresses
  std::map<std::string, Instant> last_without_fit_;  // by service
  std::map<std::string, Instant> refused_until_;     // by service
  Duration delays_{};                                // of mgmt, all together
};

}  // namespace weft::sim
