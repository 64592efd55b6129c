// An interface that treats the frames of another one as a bad network would: loses, duplicates,
// reorders, corrupts and delays them, on simulated time and from one seed, so that a run repeats
// exactly. Thread safety: none, a simulation has one thread.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/interface/fault_line.h"
#include "dataplane/interface/interface.h"

namespace weft {

struct FaultSettings {
  Faults receive;
  Faults transmit;
  uint64_t seed = 1;
};

class FaultInterface final : public Interface {
 public:
  // Copies of duplicated frames come from `pool`. Both outlive this.
  FaultInterface(Interface& inner, rte_mempool& pool, const FaultSettings& settings);

  std::string_view name() const override { return inner_.name(); }
  uint32_t queues() const override { return inner_.queues(); }
  uint32_t mtu_bytes() const override { return inner_.mtu_bytes(); }
  uint32_t receive(uint32_t queue, std::span<Packet> packets) override;
  // Takes all of them.
  uint32_t transmit(uint32_t queue, std::span<Packet> packets) override;

  // Time goes on: frames on their way out that are due leave. Requires: not before the last one.
  void advance(Instant now);

  // Faults from now on; frames on their way are not affected.
  void set_faults(const Faults& receive, const Faults& transmit);

  void watch_damage(const DamageWatch& receive, const DamageWatch& transmit);

  // The sum over all queues and both directions.
  FaultCounts counts() const;
  // Of what was received alone, over all queues.
  FaultCounts receive_counts() const;

 private:
  void release(uint32_t queue);

  Interface& inner_;
  Instant now_;
  std::vector<FaultLine> receive_lines_;   // by queue
  std::vector<FaultLine> transmit_lines_;  // by queue
  uint64_t refused_ = 0;                   // by inner_.transmit
};

}  // namespace weft
