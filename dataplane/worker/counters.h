// What the loop of one worker counts, whatever its pipeline: the worker writes, mgmt reads
// (relaxed), nothing is ever locked or reset.
// Over all workers: receive_packets + from_twin_packets + answered = transmit_packets +
// to_twin_packets + the sum of dropped + what is in the rings between workers + what pipelines hold
// (Verdict::hold).
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/base/counters.h"
#include "dataplane/base/drop.h"
#include "dataplane/base/ids.h"

namespace weft {

using DropCounters = std::array<Counter, drops>;

struct InterfaceCounters {
  Counter receive_packets;
  Counter receive_bytes;
  Counter transmit_packets;
  Counter transmit_bytes;
  Counter to_twin_packets;
  Counter from_twin_packets;
};

struct TurnCounters {
  Counter turns;
  Counter busy_turns;   // with at least one packet
  Counter busy_cycles;  // of the time stamp counter
  Counter idle_cycles;  // polling in vain or asleep
  Counter packets;      // processed, handed over ones where they are processed
  Counter answered;     // dropped, but the buffer went on as the reply to its sender
  Counter handed_off;
  Counter handed_over;  // received from other workers
  Counter snapshot_generation;
  // The newest snapshot generation of which this worker has let go of everything older: a full
  // pass over all its flow tables that began in a turn that read that generation has ended, and
  // each flow whose listener or endpoint was absent (present() is false) was removed when the pass
  // met it, or before it moved to a place the pass had left behind. mgmt reuses slots by it
  // (mgmt/publish/README.md); a worker without flow tables reports what it reads.
  Counter swept_generation;
};

// The counters a worker writes, wherever they are kept. Outlived by them.
struct LoopCounters {
  DropCounters& dropped;
  std::array<InterfaceCounters, interfaces_max>& interfaces;
  TurnCounters& turn;
};

}  // namespace weft
