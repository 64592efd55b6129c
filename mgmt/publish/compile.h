// Desired -> Snapshot: a pure function of what is wanted and of what was published before, whose
// unchanged parts are shared, so that compiling costs what changed. (ARCHITECTURE.md, decision 3)
//
// What is shared: policy, unless a listener, an interface, a kernel address, a timeout or the
// workers changed; routing, unless the kernel's view did or an endpoint has a new neighbour; each
// cluster's record, unless its set, weights or slots changed; each page of 1,024 endpoint records;
// the table of nat returns, unless a nat listener or the set of its cluster changed.
//
// An endpoint's neighbour has an index into next_hops that it keeps for as long as it is needed:
// by the kernel's list or by an endpoint. So a new link address of a neighbour, or the first one,
// changes the routing part and no endpoint record.
#pragma once

#include <cstdint>
#include <memory>

#include "mgmt/model/desired.h"
#include "pipelines/snapshot.h"

namespace weft::mgmt {

struct Compiled {
  std::shared_ptr<const Desired> desired;
  std::shared_ptr<const Snapshot> snapshot;
};

// Requires: desired is not null; its ids are distinct and below their maxima, a cluster has at
// most cluster_endpoints_max endpoints, ordered by address and port, and 1 to workers_max workers;
// `previous` is empty or what the last call gave. Thread safety: pure.
Compiled compile(std::shared_ptr<const Desired> desired, const Compiled& previous,
                 uint64_t generation);

}  // namespace weft::mgmt
