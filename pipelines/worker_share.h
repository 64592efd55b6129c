// What one worker has of its gateway's flows, and so of the limits that hold for all of them.
#pragma once

#include <algorithm>
#include <cstdint>

#include "dataplane/base/clock.h"

namespace weft {

// `part` of `whole`. Requires, but for a worker that owns no flows: part > 0.
struct WorkerShare {
  uint32_t part = 1;
  uint32_t whole = 1;

  // Of a number of flows. No less than one; rounded down, all workers together have no more than
  // the whole unless it is smaller than their number.
  uint32_t rounded_down(uint32_t flows) const {
    return std::max(1u, static_cast<uint32_t>(uint64_t{flows} * part / whole));
  }
  uint32_t rounded_up(uint32_t flows) const {
    return static_cast<uint32_t>((uint64_t{flows} * part + whole - 1) / whole);
  }
  // How often to try for so many that are the worker's, where chance decides whose one is.
  uint32_t tries(uint32_t mine) const { return mine * whole / std::max(1u, part); }
  // From one new flow to the next.
  Duration interval(Duration of_all) const { return of_all * whole / std::max(1u, part); }
};

}  // namespace weft
