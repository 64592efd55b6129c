// The whole packet path for tests: a frame in, what became of it out.
//
//   Path path(SnapshotBuilder().cluster(...).listener(...));
//   EXPECT_EQ(path.send(ethernet().ipv4(client, listener).tcp(1234, 80, tcp_flag::syn)).drop,
//             Drop::none);
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "pipelines/l4/l4.h"
#include "tests/packet_builder.h"
#include "tests/packet_decoder.h"
#include "tests/packet_pool.h"
#include "tests/snapshot_builder.h"

namespace weft::test {

struct PathOutput {
  Verdict verdict = Verdict::live;
  Drop drop = Drop::none;  // what it counts as; an answered packet has one and is transmitted
  uint16_t target = 0;
  Bytes bytes;                         // of a transmitted or twin frame
  Decoded frame;                       // of a transmitted frame
  std::optional<DatagramPorts> ports;  // that go along with a piece that is handed off
  const void* packet = nullptr;        // which it is: one that is held comes out of release() so

  bool transmitted() const { return verdict == Verdict::transmit; }
  // Transmitted, and not in answer to a drop.
  bool forwarded() const { return transmitted() && drop == Drop::none; }
};

class Path {
 public:
  explicit Path(const SnapshotBuilder& builder, FlowsMax flows_max = {1024, 1024, 1024, 1024},
                uint16_t worker = 0);
  ~Path();
  Path(const Path&) = delete;
  Path& operator=(const Path&) = delete;

  PathOutput send(const FrameBuilder& frame) { return send(frame.build()); }
  PathOutput send(const Bytes& frame);
  // At most Burst::packets_max frames, in one burst.
  std::vector<PathOutput> send_burst(const std::vector<Bytes>& frames);
  // What another worker handed off.
  PathOutput take_over(const PathOutput& handed);
  // What waited and goes now.
  std::vector<PathOutput> release();
  void advance(Duration duration);
  // The same gateway as at first, but for its counters (gauges are what they were at first).
  void restart();
  // The same gateway, otherwise configured; flows stay. Its states stay, too.
  void reconfigure(const SnapshotBuilder& builder);
  void reconfigure(const TestGateway& next);
  // What would become of the frame, as L4::rehearse says.
  PathOutput rehearse(const Bytes& frame);

  TestGateway gateway;
  std::atomic<bool> refuse_new_flows{false};
  WorkerCounters counters;
  uint32_t segment_bytes = UINT16_MAX;  // frames lie in segments of at most so many
  Instant now{};
  PacketPool pool;
  PeerFlows peer_flows{1024, KeyedHash({9, 10, 11, 12})};
  std::unique_ptr<L4> l4;

 private:
  L4Settings settings_;
};

}  // namespace weft::test
