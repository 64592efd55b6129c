// Which worker polls which queue. Worker w of n owns the queues w, w + n, ... of every interface
// and twin; a worker that owns none of an interface's queues transmits through the worker
// w mod queues, which does. Every worker computes the same.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/interface/interface.h"

namespace weft {

// An interface and the twin that stands beside it.
struct Attachment {
  Interface& wire;
  Interface& twin;
};

// What one worker has of one interface.
struct QueueShare {
  std::vector<uint16_t> receives;  // its own queues
  uint16_t transmitter = 0;        // the worker that transmits for it; itself when it owns a queue
  uint16_t transmit_queue = 0;     // of `transmitter`
};

// Requires: worker < workers; queues > 0.
QueueShare queue_share(uint32_t worker, uint32_t workers, uint32_t queues);

// How much of the flows each worker should own so that all have as much to do: less for those that
// receive for others, where an interface has fewer queues than there are workers (README.md).
// Equal where all receive alike. `queues`: of each interface. Requires: none of it is 0.
std::vector<uint16_t> worker_weights(uint32_t workers, std::span<const uint32_t> queues);

}  // namespace weft
