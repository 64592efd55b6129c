// Two connections with each other over a path of one seed: each side writes so many bytes, reads
// what comes, checks every byte of it, and closes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "dataplane/tcp/connection.h"
#include "tests/tcp/path_model.h"

namespace weft::test {

struct SideSettings {
  TcpSettings tcp;
  uint16_t mss_bytes = 1460;
  uint64_t writes_bytes = 0;
  // Of one read; the next one comes after `reads_every`. Zero: all at once.
  uint32_t reads_bytes = 0;
  Duration reads_every{};
};

struct TwoStacksSettings {
  std::array<SideSettings, 2> sides;  // the first one connects
  std::array<PathSettings, 2> paths;  // from the first, from the second
  uint64_t seed = 1;
  Sequence initial{0xfffff000};  // both wrap soon
};

class TwoStacks {
 public:
  explicit TwoStacks(const TwoStacksSettings& settings);

  // Until both are closed, or so much time has passed. Says what is wrong; empty: nothing.
  std::string run(Duration limit);
  // Steps until the condition holds; false: it never did.
  template <class Condition>
  bool run_until(Condition condition, Duration limit) {
    while (!condition()) {
      if (now_ - Instant{} > limit || !step()) return false;
    }
    return true;
  }

  const Connection& connection(uint32_t side) const { return *sides_[side].connection; }
  Connection& connection(uint32_t side) { return *sides_[side].connection; }
  uint64_t bytes_read(uint32_t side) const { return sides_[side].read_bytes; }
  uint64_t segments_sent(uint32_t side) const { return sides_[side].segments; }
  Duration finished_after(uint32_t side) const { return sides_[side].finished_at - Instant{}; }
  Instant now() const { return now_; }

 private:
  struct Frame {
    SegmentOut header;
    std::vector<std::byte> payload;
    bool marked = false;
  };
  struct Event {
    Instant at;
    uint64_t order;
    uint32_t side;
    std::optional<Frame> frame;  // none: only time passes there
    bool operator<(const Event& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };
  struct Side {
    SideSettings settings;
    std::optional<Connection> connection;
    uint64_t written_bytes = 0;
    uint64_t read_bytes = 0;
    uint64_t segments = 0;
    Instant finished_at{};  // all was read
    Instant wakes_at = Instant::max();
    Instant reads_at{};
    bool was_established = false;
  };

  bool step();
  void deliver(Side& side, const Frame& frame);
  void run_application(Side& side);
  void read(Side& side);
  void flush(uint32_t side);
  void transmit(uint32_t side, const SegmentOut& segment);
  void wake(uint32_t side, Instant at);
  void complain(const std::string& what);

  TwoStacksSettings settings_;
  std::array<Side, 2> sides_;
  std::array<PathModel, 2> paths_;
  std::priority_queue<Event> events_;
  uint64_t order_ = 0;
  Instant now_{};
  std::string wrong_;
};

}  // namespace weft::test
