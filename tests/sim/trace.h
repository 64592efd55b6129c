// Everything that happened in a run, in order, as one hash: two runs of one seed have the same.
// Keeps the last events as text, for the report of a failure. Thread safety: none.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "dataplane/base/clock.h"

namespace weft::sim {

class Trace {
 public:
  void add(Instant now, const std::string& event);
  uint64_t hash() const { return hash_; }
  uint64_t events() const { return events_; }
  // The newest, a line each.
  std::string tail() const;

 private:
  static constexpr std::size_t kept_events_max = 40;

  uint64_t hash_ = 0xcbf29ce484222325;  // FNV-1a, 64 bits
  uint64_t events_ = 0;
  std::deque<std::string> kept_;
};

}  // namespace weft::sim
