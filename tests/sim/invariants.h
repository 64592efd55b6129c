// What must hold in every run, whatever the network, the endpoints and the operator do. It sees
// every frame at the moment a worker transmits it, before the network damages it.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "tests/packet_decoder.h"
#include "tests/sim/breaches.h"
#include "tests/sim/client.h"
#include "tests/sim/flood.h"
#include "tests/sim/flow_book.h"
#include "tests/sim/ledger.h"
#include "tests/sim/lives.h"
#include "tests/sim/network.h"
#include "tests/sim/pieces.h"
#include "tests/sim/senders.h"
#include "tests/sim/simulated_gateway.h"

namespace weft::sim {

class Invariants {
 public:
  using ClientAt = std::function<const Client*(const std::string& address, int port)>;

  // All of them outlive this. `client_at`: null: there is none.
  Invariants(ClientAt client_at, Senders& senders, const Flood& flood, Lives& lives,
             const SimulatedGateway& gateway, Breaches& breaches);

  // A frame changes on its way to a worker.
  void on_damage(const test::Decoded& before, const test::Decoded& after);
  // A frame changes on its way from a worker.
  void on_damage_behind(const test::Decoded& before);
  // A worker takes it from the wire. `by_all_clocks`: further than any worker's clock goes.
  void on_receive(std::span<const std::byte> frame, Instant now, Instant by_all_clocks);
  // A worker transmits it: sound unless it came in damaged, to whom it belongs, and no flow goes
  // astray. `by_worker`: the worker's clock.
  void on_transmit(uint32_t worker, const test::Decoded& frame, Instant now, Instant by_worker);
  void on_moment(Instant now);
  // Time jumps, or the clock of a worker: what pieces wait for may come too late.
  void on_jump();
  // The client is done or the run is over: it fails only with an excuse.
  void check_client(const Client& client, Instant now);
  void check_end();

  // The two sides of the client's connection may count differently for all that the gateway knows.
  bool torn(uint32_t client);
  // The client may be sent what is for who had the source of its flow before (fullnat).
  bool inherits(uint32_t client);

  const Ledger& ledger() const { return ledger_; }
  uint64_t moves() const { return flows_.moves(); }

 private:
  void breach(std::string what) { breaches_.add(std::move(what)); }
  void check_damaged(const test::Decoded& frame, const test::Decoded* inner);
  void check_to_endpoint(const std::string& endpoint, const test::Decoded& frame,
                         FlowPacket packet);
  void check_sides(const Service& service, const test::Decoded& inner);
  void check_stranger(const std::string& endpoint, const test::Decoded& inner);
  void check_refused(const std::string& endpoint, const test::Decoded& frame, FlowPacket packet);
  void check_to_client(const test::Decoded& frame, FlowPacket packet);
  void check_ttl(const test::Decoded& packet);
  void check_own_answer(const Client& client, const test::Decoded& frame, const FlowPacket& packet);
  void check_error(const test::Decoded& frame);
  void check_pieces();
  bool promised_too_much(const Client& client, const FlowBook::Flow& flow) const;
  bool excused(const Client& client);

  const ClientAt client_at_;
  Senders& senders_;
  const Flood& flood_;
  Lives& lives_;
  const SimulatedGateway& gateway_;
  Breaches& breaches_;
  FlowBook flows_;
  Pieces pieces_;
  Ledger ledger_;
  uint64_t overtaken_ = 0;  // packets that waited when time jumped
  uint64_t damaged_ = 0;    // frames that workers transmitted
};

}  // namespace weft::sim
