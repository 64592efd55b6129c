// A worker's turn allocates nothing, whatever becomes of its packets.
#include <gtest/gtest.h>

#include "tests/allocation_count.h"
#include "tests/worker_lab.h"

namespace weft {
namespace {

using test::script;

TEST(WorkerAllocation, TheCounterSeesAllocations) {
  const uint64_t before = test::allocations();
  const auto bytes = std::make_unique<std::vector<int>>(100);
  EXPECT_GE(test::allocations(), before + 2);
}

TEST(WorkerAllocation, ATurnAllocatesNothing) {
  test::WorkerLab lab({.workers = 2, .queue_frames_max = 100, .ring_packets_max = 50});
  uint64_t allocated = 0;
  for (int round = 0; round < 20; ++round) {  // later rounds meet full queues and rings
    for (const char verdict : {'t', 'k', 'a', 'd', 'o', 'o'}) {
      const auto target = static_cast<uint8_t>(verdict == 'd' ? 1 + round : 1);
      for (int i = 0; i < 16; ++i) lab.wire(0).push(0, script(verdict, target, i % 2));
      lab.twin(0).push(0, script('x', 0));
    }
    for (const uint32_t worker : {0, 0, 0, 0, 1}) {
      if (worker == 1 && round < 10) continue;
      const uint64_t before = test::allocations();
      lab.worker(worker).turn(Instant(seconds(round)));
      allocated += test::allocations() - before;
    }
  }
  EXPECT_EQ(allocated, 0u);
  EXPECT_GT(lab.dropped(Drop::transmit_full), 0u);
  EXPECT_GT(lab.dropped(Drop::twin_full), 0u);
  EXPECT_GT(lab.dropped(Drop::handoff_full), 0u);
  EXPECT_TRUE(lab.counters_add_up());
}

}  // namespace
}  // namespace weft
