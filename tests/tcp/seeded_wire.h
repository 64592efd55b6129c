// A lossy wire in real time between two hosts, each a kernel behind a tun device or a stack of
// ours. What happens to a packet follows from the wire's seed, its connection and its number in it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <vector>

#include "dataplane/base/clock.h"
#include "tests/tcp/ip_packet.h"
#include "tests/tcp/path_model.h"

namespace weft::test {

Instant real_now();

class WireEnd {
 public:
  virtual ~WireEnd() = default;
  virtual void deliver(IpPacket packet, bool marked) = 0;
  // Packets that it sends, and whatever it does with time; `wakes_at` is made earlier if it has to
  // be asked again before something arrives.
  virtual void poll(const std::function<void(IpPacket)>& send, Instant& wakes_at) = 0;
  // To be waited for, or -1.
  virtual int descriptor() const = 0;
};

class SeededWire {
 public:
  SeededWire(const PathSettings& path, uint64_t seed) : path_(path), seed_(seed) {}

  void attach(WireEnd& left, WireEnd& right) { ends_ = {&left, &right}; }
  // Until `done` says so; false: not before so much time had passed.
  bool run_until(const std::function<bool()>& done, Duration limit);

 private:
  struct Arrival {
    Instant at;
    uint64_t order;
    uint32_t end;
    IpPacket packet;
    bool marked;
    bool operator<(const Arrival& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };

  // One direction of one connection.
  struct Direction {
    PathModel model;
    uint64_t seed;
    uint32_t first_sequence = 0;
    std::map<uint32_t, uint32_t> sent;  // by place in the stream: how often
    double luck(const IpPacket& packet);
  };

  Direction& direction(uint32_t from, const IpPacket& packet);
  void take(uint32_t from, IpPacket packet, Instant now);

  PathSettings path_;
  uint64_t seed_;
  std::array<WireEnd*, 2> ends_{};
  std::map<std::pair<uint32_t, uint32_t>, std::unique_ptr<Direction>> directions_;
  std::map<uint32_t, uint64_t> connections_;  // numbered as they appear
  std::priority_queue<Arrival> arrivals_;
  uint64_t order_ = 0;
};

}  // namespace weft::test
