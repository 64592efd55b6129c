// Segments of clients that began by a cookie and sent data before their endpoint had answered: the
// first of each waits here, so that it need not be sent again. None ends here: whatever was not
// asked for in time comes out all the same. Bounded. Owns its packets. Thread safety: one worker.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/base/clock.h"
#include "dataplane/wire/burst.h"
#include "pipelines/l4/streams.h"

namespace weft {

class HeldSegments {
 public:
  static constexpr uint32_t segments_max = 256;
  static constexpr Duration wait_max = milliseconds(500);  // then the endpoint is asked again

  HeldSegments() = default;
  ~HeldSegments();
  HeldSegments(const HeldSegments&) = delete;
  HeldSegments& operator=(const HeldSegments&) = delete;

  // False: full, the packet stays the caller's.
  bool put(Packet packet, uint16_t interface, const StreamSides& sides, Instant now);
  bool holds(const StreamSides& sides) const;
  // The endpoint has answered: what the stream's client sent may go.
  void let_go(const StreamSides& sides);
  // Moves what may go, or waited long enough, into the burst, which holds nothing else, as it came
  // in; all of one interface. Gives their number.
  uint32_t release(Burst& burst, Instant now);

  uint32_t size() const { return size_; }

 private:
  struct Segment {
    Packet packet;
    uint16_t interface = 0;
    StreamSides sides;
    Instant until;
  };

  std::array<Segment, segments_max> segments_;  // the first size_, in the order they came
  uint32_t size_ = 0;
  Instant next_{};  // before, nothing is to be released
};

}  // namespace weft
