#include "tests/tcp/seeded_wire.h"

#include <poll.h>
#include <time.h>

#include <algorithm>
#include <utility>

namespace weft::test {

Instant real_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return Instant{} + seconds(now.tv_sec) + Duration(now.tv_nsec);
}

// Splitmix64, over what tells packets apart.
double SeededWire::Direction::luck(const IpPacket& packet) {
  const uint32_t place = sequence_of(packet) - first_sequence;
  uint64_t mixed = seed ^ uint64_t { place } << 20 ^ sent[place]++;
  mixed += 0x9e3779b97f4a7c15;
  mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
  return static_cast<double>((mixed ^ mixed >> 31) >> 11) / 9007199254740992.0;
}

SeededWire::Direction& SeededWire::direction(uint32_t from, const IpPacket& packet) {
  const uint32_t ports = ports_of(packet);
  auto& found = directions_[{from, ports}];
  if (found == nullptr) {
    const uint64_t number = connections_.emplace(ports, connections_.size()).first->second;
    const uint64_t seed = (seed_ * 1000 + number) * 2 + from;
    found = std::make_unique<Direction>(
        Direction{PathModel(path_, seed), seed << 32, sequence_of(packet), {}});
  }
  return *found;
}

void SeededWire::take(uint32_t from, IpPacket packet, Instant now) {
  Direction& way = direction(from, packet);
  const PathModel::Arrivals at =
      way.model.send(static_cast<uint32_t>(packet.size()), now, way.luck(packet));
  if (at.second) arrivals_.push({*at.second, order_++, 1 - from, packet, at.marked});
  if (at.first) arrivals_.push({*at.first, order_++, 1 - from, std::move(packet), at.marked});
}

bool SeededWire::run_until(const std::function<bool()>& done, Duration limit) {
  const Instant stop_at = real_now() + limit;
  while (!done()) {
    const Instant now = real_now();
    if (now > stop_at) return false;
    Instant wakes_at = now + milliseconds(20);
    while (!arrivals_.empty() && arrivals_.top().at <= now) {
      const Arrival& next = arrivals_.top();
      ends_[next.end]->deliver(next.packet, next.marked);
      arrivals_.pop();
    }
    for (uint32_t end = 0; end < ends_.size(); ++end) {
      ends_[end]->poll([&](IpPacket packet) { take(end, std::move(packet), now); }, wakes_at);
    }
    if (!arrivals_.empty()) wakes_at = std::min(wakes_at, arrivals_.top().at);
    std::vector<pollfd> waited;
    for (const WireEnd* end : ends_) {
      if (end->descriptor() >= 0) waited.push_back({end->descriptor(), POLLIN, 0});
    }
    const Duration left = std::max(wakes_at - real_now(), Duration{});
    const timespec wait{0, static_cast<long>(std::min<int64_t>(left.count(), 999'999'999))};
    ppoll(waited.data(), waited.size(), &wait, nullptr);
  }
  return true;
}

}  // namespace weft::test
