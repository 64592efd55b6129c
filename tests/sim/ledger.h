// That no packet, buffer or flow is lost: counters add up at every moment, everything is given back
// at the end.
#pragma once

#include <cstdint>

#include "tests/sim/breaches.h"
#include "tests/sim/simulated_gateway.h"

namespace weft::sim {

class Ledger {
 public:
  Ledger(const SimulatedGateway& gateway, Breaches& breaches)
      : gateway_(gateway), breaches_(breaches) {}

  void on_transmit() { ++frames_; }
  // Between the turns of workers.
  void check_packets();
  // All traffic is over and every flow has expired.
  void check_end();

  uint64_t frames() const { return frames_; }  // that workers transmitted
  uint64_t received() const;                   // by workers, from the wire

 private:
  const SimulatedGateway& gateway_;
  Breaches& breaches_;
  uint64_t frames_ = 0;
};

}  // namespace weft::sim
