// Where each client's flow is, by the packets that the workers transmit: none goes to an endpoint
// that is known to be down, none moves without a reason, and all packets of one leave by one
// worker.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "tests/sim/breaches.h"
#include "tests/sim/lives.h"
#include "tests/sim/network.h"
#include "tests/sim/simulated_gateway.h"

namespace weft::sim {

// A packet of a flow, when a worker transmits it.
struct FlowPacket {
  uint32_t client = 0;  // number
  const Service* service = nullptr;
  uint32_t worker = 0;
  int tcp_flags = 0;
  Instant now;        // of the simulation
  Instant by_worker;  // by the worker's clock
};

class FlowBook {
 public:
  FlowBook(Lives& lives, const SimulatedGateway& gateway, Breaches& breaches)
      : lives_(lives), gateway_(gateway), breaches_(breaches) {}

  void to_endpoint(const FlowPacket& packet, const std::string& endpoint);
  void to_client(const FlowPacket& packet);
  // A damaged packet may have ended the flow of this client, or begun it before its time.
  void on_damaged(uint32_t client) { damaged_.insert(client); }
  bool damaged(uint32_t client) const { return damaged_.contains(client); }

  struct Flow {
    std::string endpoint;  // empty: none yet
    Instant since, last_by_worker;
    uint32_t worker = 0;
    bool established = false;  // TCP
    bool closing = false;      // TCP
    bool expired = false;      // it may have no entry: it was silent for too long
    uint32_t packets = 0;
    TablePressure at_first;   // packet
    TablePressure at_second;  // packet
  };
  const Flow& flow(uint32_t client);
  uint64_t moves() const { return moves_; }

 private:
  void note(Flow& flow, const FlowPacket& packet);
  bool may_move(const Flow& flow, const FlowPacket& packet) const;

  Lives& lives_;
  const SimulatedGateway& gateway_;
  Breaches& breaches_;
  std::vector<Flow> flows_;  // by client
  std::unordered_set<uint32_t> damaged_;
  uint64_t moves_ = 0;
};

}  // namespace weft::sim
