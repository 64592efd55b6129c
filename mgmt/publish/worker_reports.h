// What the workers say about what they still use: the numbers that decide when a slot is free.
// Thread safety: reads the workers' counters, any thread.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/base/ids.h"
#include "pipelines/worker_counters.h"

namespace weft::mgmt {

class WorkerReports {
 public:
  // The workers that run; a stopped one refers to nothing and is not among them. The span and
  // what it points at outlive this.
  explicit WorkerReports(std::span<const WorkerCounters* const> workers) : workers_(workers) {}

  // The oldest snapshot generation that a worker reads; UINT64_MAX without workers.
  uint64_t adopted_generation() const;
  // Every worker has let go of what is absent from this generation; UINT64_MAX without workers.
  uint64_t swept_generation() const;
  // Flows that refer to the endpoint.
  uint64_t flows_active(EndpointSlot slot) const;

 private:
  std::span<const WorkerCounters* const> workers_;
};

}  // namespace weft::mgmt
