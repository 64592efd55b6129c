// What a worker needs of the two things it is built from. (Concepts, not base classes: the calls
// are inlined, once a burst.)
#pragma once

#include <concepts>

#include "dataplane/base/clock.h"
#include "dataplane/wire/burst.h"

namespace weft {

// What happens to packets. Nothing here allocates, locks, logs, reads a clock or calls the kernel.
// One worker, one pipeline, one thread.
//   process            frames from the wire; gives every packet of the burst a verdict
//   process_from_twin  the same for frames that the kernel sent on the twin of burst.interface
//   idle               a turn in which nothing was processed: lets time pass in its tables
//   release            puts packets that it held (Verdict::hold) and that may go now into the
//                      burst, a verdict each; gives their number
template <class P, class Snapshot>
concept Pipeline = requires(P& pipeline, Burst& burst, const Snapshot& snapshot, Instant now) {
  pipeline.process(burst, snapshot, now);
  pipeline.process_from_twin(burst, snapshot, now);
  pipeline.idle(snapshot, now);
  { pipeline.release(burst, snapshot, now) } -> std::same_as<uint32_t>;
};

// One worker's access to the published snapshot: Published<Snapshot>::Reader (rcu/published.h).
template <class R>
concept SnapshotReader = requires(R& reader) {
  { reader.read()->generation } -> std::convertible_to<uint64_t>;
  reader.quiescent();
  reader.offline();
  reader.online();
};

}  // namespace weft
