// The work of the packet-path benchmarks: a gateway, and the frames that it is given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "perf/loop_interface.h"
#include "pipelines/policy.h"
#include "tests/snapshot_builder.h"

namespace weft {

inline constexpr uint32_t frame_bytes = bench_frame_bytes;
using Frame = BenchFrame;

enum class Packets : uint8_t {
  known,  // of flows that have their entry
  both,   // the same, and as many replies of the endpoints (nat, fullnat)
  fresh,  // each a SYN of a flow that has none: entries expire as fast as they are made
};

struct Work {
  Forward mode = Forward::ipip;
  Packets packets = Packets::known;
  uint32_t flows = 1'000'000;
  uint32_t listeners = 100;  // a cluster each, up to 100
  uint32_t endpoints = 100;  // of each cluster
  std::vector<uint16_t> worker_weights{1};

  // "ipip/1000000", "nat/1000000/both", "ipip/100000/listeners=10000"
  std::string name() const;
  uint32_t clusters() const { return listeners < 100 ? listeners : 100; }
};

test::TestGateway make_gateway(const Work& work);

// From client to listener, one of each flow.
std::vector<Frame> make_frames(const Work& work);

// The reply of an endpoint to what came out for it.
Frame reply_to(const std::byte* out);

// In random order, the same in every run.
void shuffle(std::vector<Frame>& frames);

}  // namespace weft
