// What must hold in every run, whatever the network and the endpoints do. It knows the endpoints'
// true lives, what mgmt says of them, and sees every frame at the moment a worker transmits it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "dataplane/interface/memory_interface.h"
#include "pipelines/endpoint_states.h"
#include "tests/packet_decoder.h"
#include "tests/sim/client.h"
#include "tests/sim/network.h"
#include "tests/sim/simulated_gateway.h"

namespace weft::sim {

class Invariants {
 public:
  using Alive = std::function<bool(const std::string& address)>;
  using State = std::function<EndpointState(const std::string& address)>;

  Invariants(const std::vector<Service>& services, Alive alive, State state);

  // A worker transmits it: sound, to whom it belongs, and no flow goes astray.
  void on_transmit(const test::Decoded& frame, Instant now);
  // At the end of every moment: mgmt blames no endpoint that lives.
  void on_moment(Instant now);
  // The client is done or the run is over: it fails only with an excuse.
  void check_client(const Client& client, Instant now);
  // Once all traffic is over and all endpoints have come back.
  void check_end(const SimulatedGateway& gateway);

  const std::vector<std::string>& breaches() const { return breaches_; }
  uint64_t frames() const { return frames_; }
  uint64_t moves() const { return moves_; }  // of flows, each for a reason

 private:
  struct Life {
    const Service* service = nullptr;
    Instant last_dead = Instant::min();
    Instant last_down = Instant::min();  // by mgmt's word
    bool was_healthy = false;            // by mgmt's word
  };
  struct Flow {
    std::string endpoint;
    Instant since{};
  };

  void breach(std::string what) { breaches_.push_back(std::move(what)); }
  void check_to_endpoint(const test::Decoded& frame, const Life& life, Instant now);
  void check_to_client(const test::Decoded& frame);
  void check_flow(const std::string& flow, const std::string& endpoint, Instant now);
  void check_counters(const SimulatedGateway& gateway);

  const std::vector<Service>& services_;
  const Alive alive_;
  const State state_;
  std::map<std::string, Life> lives_;                // by endpoint address
  std::map<std::string, Instant> last_without_fit_;  // by service
  std::map<std::string, Flow> flows_;                // by service and client
  std::vector<std::string> breaches_;
  uint64_t frames_ = 0;
  uint64_t moves_ = 0;
};

}  // namespace weft::sim
