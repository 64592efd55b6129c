// What must hold in every run, whatever the network, the endpoints and the operator do. It sees
// every frame at the moment a worker transmits it, before the network damages it.
#pragma once

#include <functional>
#include <string>

#include "tests/packet_decoder.h"
#include "tests/sim/breaches.h"
#include "tests/sim/client.h"
#include "tests/sim/flow_book.h"
#include "tests/sim/ledger.h"
#include "tests/sim/lives.h"
#include "tests/sim/network.h"
#include "tests/sim/simulated_gateway.h"

namespace weft::sim {

class Invariants {
 public:
  using ClientAt = std::function<const Client*(const std::string& address, int port)>;

  // All of them outlive this. `client_at`: null: there is none.
  Invariants(ClientAt client_at, Lives& lives, const SimulatedGateway& gateway, Breaches& breaches);

  // A worker transmits it: sound unless it came in damaged, to whom it belongs, and no flow goes
  // astray. `by_worker`: the worker's clock.
  void on_transmit(uint32_t worker, const test::Decoded& frame, Instant now, Instant by_worker);
  void on_moment(Instant now);
  // The client is done or the run is over: it fails only with an excuse.
  void check_client(const Client& client, Instant now);
  void check_end();

  const Ledger& ledger() const { return ledger_; }
  uint64_t moves() const { return flows_.moves(); }

 private:
  void breach(std::string what) { breaches_.add(std::move(what)); }
  void excuse_flows(const test::Decoded& damaged);
  void check_damaged(const test::Decoded& frame, const test::Decoded* inner);
  void check_to_endpoint(const std::string& endpoint, const test::Decoded& frame,
                         FlowPacket packet);
  void check_to_client(const test::Decoded& frame, FlowPacket packet);
  void check_ttl(const test::Decoded& packet);
  void check_error(const test::Decoded& frame);
  bool excused(const Client& client);

  const ClientAt client_at_;
  Lives& lives_;
  const SimulatedGateway& gateway_;
  Breaches& breaches_;
  FlowBook flows_;
  Ledger ledger_;
  uint64_t damaged_ = 0;  // frames that workers transmitted
};

}  // namespace weft::sim
