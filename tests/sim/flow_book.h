// Where each client's flow is, by the packets that the workers transmit: none goes to an endpoint
// that is known to be down, none moves without a reason, and all packets of one leave by one
// worker.
//
// A flow may move when its worker may have no entry for it. That is known exactly, but for what
// happened between the flow's packets of one turn: an entry is made by the first packet that finds
// none, unless the table refuses; it goes when the flow was silent for its timeout, and, as long as
// the flow is not established, when the table evicts.
#pragma once

#include <map>
#include <optional>
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
  bool made = false;   // by the gateway, in the client's place
  bool later = false;  // of a stream, and not its begin
  Instant now;         // of the simulation
  Instant by_worker;   // by the worker's clock
};

class FlowBook {
 public:
  FlowBook(Lives& lives, const SimulatedGateway& gateway, Breaches& breaches)
      : lives_(lives), gateway_(gateway), breaches_(breaches) {}

  void to_endpoint(const FlowPacket& packet, const std::string& endpoint);
  void to_client(const FlowPacket& packet);
  // A worker received a packet that may have begun the flow and gone no further: it is larger than
  // what fits to some endpoints.
  void on_large(uint32_t client, Instant now);
  // A damaged packet may have ended the flow of this client, or begun it before its time.
  void on_damaged(uint32_t client) { damaged_.insert(client); }
  bool damaged(uint32_t client) const { return damaged_.contains(client); }
  // The gateway resets what an endpoint sent to this client.
  void on_refused(const FlowPacket& packet);
  // What an endpoint sent to `other` reaches this client: it may have the source that the other one
  // had, if that one's entry may be gone.
  void on_answer_to(uint32_t other, const FlowPacket& packet);
  // The gateway answers the client's SYN by a cookie.
  void on_cookie(const FlowPacket& packet);

  struct Flow {
    std::string endpoint;                    // empty: none yet
    Instant since;                           // it is there
    std::map<std::string, Instant> visited;  // endpoints, and when a packet last went there
    uint32_t moves = 0;
    Instant last_by_worker;
    uint32_t worker = 0;
    uint32_t packets = 0;
    bool established = false;                                            // TCP
    bool client_closed = false, endpoint_closed = false, reset = false;  // TCP
    bool asked = false;                                                  // for proof, by a cookie
    bool refused = false;   // an answer, when there was no entry; the reset may come late
    bool inherits = false;  // what is sent to who had its source before
    bool shifted = false;   // its two sides count differently
    // So they did, and the gateway may have forgotten how; or two handshakes were begun.
    bool torn = false;
    bool unsure = false;             // it may be elsewhere: packets waited for a neighbour
    bool may_lack_entry = true;      // after the last packet
    std::optional<Instant> begun;    // by a packet that went no further, perhaps
    std::optional<Instant> renewed;  // when a packet found that its entry was outlived
    TablePressure at_first;          // packet, before its turn
    TablePressure at_last;           // packet, before its turn
  };
  const Flow& flow(uint32_t client);
  uint64_t moves() const { return moves_; }

 private:
  Flow& note(const FlowPacket& packet);
  bool outlived_entry(const Flow& flow, const FlowPacket& packet) const;
  bool was_evicted(const Flow& flow, const FlowPacket& packet) const;
  void look_for_entry(Flow& flow, const FlowPacket& packet) const;
  void place(Flow& flow, const FlowPacket& packet, const std::string& endpoint);
  void check_new(const Flow& flow, const FlowPacket& packet, const std::string& endpoint) const;
  bool may_move(const Flow& flow, const FlowPacket& packet) const;

  Lives& lives_;
  const SimulatedGateway& gateway_;
  Breaches& breaches_;
  std::vector<Flow> flows_;  // by client
  std::unordered_set<uint32_t> damaged_;
  uint64_t moves_ = 0;
};

}  // namespace weft::sim
