// Everything that happened in a run, in order, as one hash: two runs of one seed have the same.
// Keeps the last events, as text for the report of a failure. Thread safety: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "dataplane/base/clock.h"

namespace weft::sim {

class Trace {
 public:
  explicit Trace(std::size_t kept_events_max) : kept_events_max_(kept_events_max) {}

  void add(Instant now, std::string event);
  // A frame that somebody put on a wire.
  void add_frame(Instant now, std::string_view who, std::span<const std::byte> frame);
  uint64_t hash() const { return hash_; }
  uint64_t events() const { return events_; }
  // The newest, a line each.
  std::string tail() const;

 private:
  struct Event {
    Instant at;
    std::string text;
    std::vector<std::byte> frame;  // read only when somebody asks
  };

  void mix_in(Instant now, std::span<const std::byte> bytes);
  Event& keep(Instant now);

  const std::size_t kept_events_max_;
  uint64_t hash_ = 0;
  uint64_t events_ = 0;
  std::deque<Event> kept_;
};

}  // namespace weft::sim
