// That no piece of a datagram is given up on while its first piece is there: how many may be, by
// the pieces that the workers received. Duplicates count as pieces of their own.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "dataplane/base/clock.h"
#include "tests/packet_decoder.h"

namespace weft::sim {

class Pieces {
 public:
  // A worker received a frame, which may be one. `now`: between two moments no worker's clock goes
  // further than this.
  void on_receive(std::span<const std::byte> frame, Instant now);
  // A frame was damaged on its way to a worker.
  void on_damage(const test::Decoded& before, const test::Decoded& after);
  // At most so many waited in vain.
  uint64_t orphans_max() const;

 private:
  struct Datagram {
    std::vector<Instant> first, later;  // when they came
    bool damaged = false;
  };
  std::map<uint32_t, Datagram> datagrams_;  // by identification, which no two have in common
};

}  // namespace weft::sim
