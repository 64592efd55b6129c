// One packet that mgmt has a worker rehearse (l4/rehearsal.h): mgmt makes it, the worker runs it in
// its next turn, mgmt reads what came out.
#pragma once

#include <atomic>
#include <memory>

#include "pipelines/l4/l4.h"
#include "pipelines/l4/rehearsal.h"

namespace weft {

struct RehearsalRequest {
  RehearsalRequest() = default;
  ~RehearsalRequest() {
    const bool held = done.load(std::memory_order_acquire) &&
                      burst.outcomes[0].verdict == Verdict::hold;  // then the stand-in has it
    if (burst.size == 1 && !held) rte_pktmbuf_free(burst.packets[0].buffer());
  }
  RehearsalRequest(const RehearsalRequest&) = delete;
  RehearsalRequest& operator=(const RehearsalRequest&) = delete;

  WorkerCounters counters;       // of the stand-in
  std::unique_ptr<L4> stand_in;  // for the worker's own
  Burst burst;                   // of one packet, which this owns
  Rehearsal rehearsal;
  std::atomic<bool> done{false};  // the worker writes, mgmt reads
};

}  // namespace weft
