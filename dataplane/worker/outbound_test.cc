#include "dataplane/worker/outbound.h"

#include <gtest/gtest.h>

#include "tests/worker_lab.h"

namespace weft {
namespace {

using test::script;
using test::WorkerLab;

TEST(Outbound, VerdictsAreCarriedOut) {
  WorkerLab lab({});
  for (const auto& frame : {script('t', 1), script('k', 0), script('t', 0), script('t', 1, 9)}) {
    ASSERT_TRUE(lab.wire(0).push(0, frame));
  }
  lab.settle();
  EXPECT_EQ(lab.wire(1).pull(0), script('t', 1));
  EXPECT_EQ(lab.wire(1).pull(0), script('t', 1, 9));
  EXPECT_EQ(lab.wire(0).pull(0), script('t', 0));
  EXPECT_EQ(lab.twin(0).pull(0), script('k', 0));
  EXPECT_EQ(lab.pool().free_buffers(), lab.pool().buffers());
  EXPECT_TRUE(lab.counters_add_up());
}

TEST(Outbound, EveryDropIsCountedUnderItsNameAndFreed) {
  WorkerLab lab({});
  for (uint32_t drop = 1; drop < drops; ++drop) {
    for (uint32_t i = 0; i < drop; ++i) {
      ASSERT_TRUE(lab.wire(0).push(0, script('d', static_cast<uint8_t>(drop))));
      lab.settle();
    }
  }
  for (uint32_t drop = 1; drop < drops; ++drop) {
    EXPECT_EQ(lab.dropped(static_cast<Drop>(drop)), drop);
  }
  EXPECT_EQ(lab.pool().free_buffers(), lab.pool().buffers());
  EXPECT_TRUE(lab.counters_add_up());
}

TEST(Outbound, AnAnsweredPacketIsADropAndItsReplyLeaves) {
  WorkerLab lab({});
  ASSERT_TRUE(lab.wire(0).push(0, script('a', 0)));
  lab.settle();
  EXPECT_EQ(lab.dropped(Drop::ttl_expired), 1u);
  EXPECT_EQ(lab.counters(0).turn.answered.read(), 1u);
  EXPECT_EQ(lab.counters(0).interfaces[0].transmit_packets.read(), 1u);
  EXPECT_EQ(lab.wire(0).pull(0), script('a', 0));
  EXPECT_TRUE(lab.counters_add_up());
}

TEST(Outbound, WhatTheInterfaceDoesNotTakeIsTransmitFull) {
  WorkerLab lab({.queue_frames_max = 70});
  for (int burst = 0; burst < 3; ++burst) {
    for (int i = 0; i < 30; ++i) ASSERT_TRUE(lab.wire(0).push(0, script('t', 1, 0, 100)));
    lab.settle();
  }
  EXPECT_EQ(lab.dropped(Drop::transmit_full), 20u);
  EXPECT_EQ(lab.counters(0).interfaces[1].transmit_packets.read(), 70u);
  EXPECT_EQ(lab.counters(0).interfaces[1].transmit_bytes.read(), 7000u);
  EXPECT_EQ(lab.pool().free_buffers(), lab.pool().buffers() - 70);
  EXPECT_TRUE(lab.counters_add_up());
}

TEST(Outbound, WhatTheTwinDoesNotTakeIsTwinFull) {
  WorkerLab lab({.queue_frames_max = 40});
  for (int burst = 0; burst < 2; ++burst) {
    for (int i = 0; i < 30; ++i) ASSERT_TRUE(lab.wire(0).push(0, script('k', 0)));
    lab.settle();
  }
  EXPECT_EQ(lab.dropped(Drop::twin_full), 20u);
  EXPECT_EQ(lab.counters(0).interfaces[0].to_twin_packets.read(), 40u);
  EXPECT_TRUE(lab.counters_add_up());
}

TEST(Outbound, WhatTheRingDoesNotTakeIsHandoffFull) {
  WorkerLab lab({.workers = 2, .ring_packets_max = 50});
  for (int i = 0; i < 80; ++i) ASSERT_TRUE(lab.wire(0).push(0, script('o', 1, 1)));
  while (lab.worker(0).turn(Instant{})) {
  }
  EXPECT_EQ(lab.dropped(Drop::handoff_full), 30u);
  EXPECT_EQ(lab.counters(0).turn.handed_off.read(), 50u);
  EXPECT_EQ(lab.rings().packets(), 50u);
  EXPECT_TRUE(lab.counters_add_up());
}

}  // namespace
}  // namespace weft
