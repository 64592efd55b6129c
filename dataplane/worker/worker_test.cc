#include "dataplane/worker/worker.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/worker_lab.h"

namespace weft {
namespace {

using test::script;
using test::WorkerLab;

constexpr Instant now(seconds(5));

TEST(Worker, ATurnTakesOneBurstFromEachQueue) {
  WorkerLab lab({.queues = 3});
  for (uint32_t queue = 0; queue < 3; ++queue) {
    for (int i = 0; i < 40; ++i) ASSERT_TRUE(lab.wire(0).push(queue, script('t', 1)));
  }
  EXPECT_TRUE(lab.worker(0).turn(now));
  EXPECT_EQ(lab.pipeline(0).bursts(), 3u);
  EXPECT_EQ(lab.counters(0).interfaces[0].receive_packets.read(), 96u);
  EXPECT_EQ(lab.counters(0).interfaces[0].receive_bytes.read(), 96u * 60);
  EXPECT_EQ(lab.pipeline(0).last_now(), now);
  EXPECT_TRUE(lab.worker(0).turn(now));
  EXPECT_FALSE(lab.worker(0).turn(now));
  EXPECT_EQ(lab.counters(0).turn.turns.read(), 3u);
  EXPECT_EQ(lab.counters(0).turn.busy_turns.read(), 2u);
  EXPECT_EQ(lab.counters(0).turn.packets.read(), 120u);
}

TEST(Worker, TimePassesInThePipelineAlsoWithoutPackets) {
  WorkerLab lab({});
  EXPECT_FALSE(lab.worker(0).turn(now));
  EXPECT_EQ(lab.pipeline(0).idle_turns(), 1u);
  EXPECT_EQ(lab.pipeline(0).last_now(), now);
}

TEST(Worker, EveryTurnReadsTheSnapshotAndEndsQuiescent) {
  WorkerLab lab({});
  lab.worker(0).turn(now);
  EXPECT_EQ(lab.reader(0).quiescents(), 1u);
  EXPECT_EQ(lab.counters(0).turn.snapshot_generation.read(), 1u);
  const test::ScriptedSnapshot next{.generation = 2};
  lab.reader(0).publish(&next);
  ASSERT_TRUE(lab.wire(0).push(0, script('t', 1)));
  lab.worker(0).turn(now);
  EXPECT_EQ(lab.pipeline(0).last_generation(), 2u);
  EXPECT_EQ(lab.counters(0).turn.snapshot_generation.read(), 2u);
}

TEST(Worker, BeforeTheFirstSnapshotPacketsWait) {
  WorkerLab lab({});
  lab.reader(0).publish(nullptr);
  ASSERT_TRUE(lab.wire(0).push(0, script('t', 1)));
  EXPECT_FALSE(lab.worker(0).turn(now));
  EXPECT_EQ(lab.reader(0).quiescents(), 1u);
  lab.reader(0).publish(&lab.snapshot());
  EXPECT_TRUE(lab.worker(0).turn(now));
  EXPECT_EQ(lab.wire(1).pull(0), script('t', 1));
}

TEST(Worker, WhatTheKernelSendsLeavesOnTheInterface) {
  WorkerLab lab({});
  ASSERT_TRUE(lab.twin(1).push(0, script('x', 0)));
  EXPECT_TRUE(lab.worker(0).turn(now));
  EXPECT_EQ(lab.wire(1).pull(0), script('x', 0));
  EXPECT_EQ(lab.counters(0).interfaces[1].from_twin_packets.read(), 1u);
  EXPECT_TRUE(lab.counters_add_up());
}

TEST(Worker, AnotherWorkersFlowIsProcessedThere) {
  WorkerLab lab({.workers = 3});
  for (uint8_t owner : {0, 1, 2, 1}) ASSERT_TRUE(lab.wire(0).push(0, script('o', 1, owner)));
  lab.worker(0).turn(now);
  EXPECT_EQ(lab.counters(0).turn.handed_off.read(), 3u);
  EXPECT_EQ(lab.counters(0).turn.packets.read(), 1u);
  lab.worker(1).turn(now);
  EXPECT_EQ(lab.counters(1).turn.handed_over.read(), 2u);
  EXPECT_EQ(lab.counters(1).turn.packets.read(), 2u);
  lab.settle();
  uint32_t arrived = 0;
  while (lab.wire(1).pull(0)) ++arrived;
  EXPECT_EQ(arrived, 4u);
  EXPECT_TRUE(lab.counters_add_up());
  EXPECT_EQ(lab.pool().free_buffers(), lab.pool().buffers());
}

TEST(Worker, ThePortsOfADatagramGoAlongWithItsPieces) {
  WorkerLab lab({.workers = 2});
  const auto piece = [](uint8_t target) { return script('p', target, 1); };
  for (const auto& frame : {piece(0), script('o', 1, 1), piece(1), script('o', 0, 1), piece(1)}) {
    ASSERT_TRUE(lab.wire(0).push(0, frame));
  }
  ASSERT_TRUE(lab.wire(1).push(0, piece(1)));  // a burst of its own
  lab.settle();
  EXPECT_EQ(lab.counters(1).turn.handed_over.read(), 6u);
  EXPECT_EQ(lab.pipeline(1).pieces_followed(), 4u);
  ASSERT_TRUE(lab.wire(1).push(0, script('p', 1, 0)));
  lab.settle();
  EXPECT_EQ(lab.pipeline(0).pieces_followed(), 0u) << "no piece of an earlier burst";
}

TEST(Worker, HandedOverPacketsKeepTheInterfaceTheyCameInOn) {
  WorkerLab lab({.workers = 2});
  // To the twin, at worker 1: the twin is the one of the interface each came in on.
  for (uint32_t i = 0; i < 6; ++i) {
    auto frame = script('o', static_cast<uint8_t>(1 - i % 2), 1);
    ASSERT_TRUE(lab.wire(i % 2).push(0, frame));
  }
  lab.settle();
  EXPECT_EQ(lab.counters(1).turn.handed_over.read(), 6u);
  EXPECT_GE(lab.pipeline(1).bursts(), 2u);  // one burst, one interface
  for (uint32_t interface : {0u, 1u}) {
    uint32_t arrived = 0;
    while (lab.wire(interface).pull(0)) ++arrived;
    EXPECT_EQ(arrived, 3u);
  }
}

TEST(Worker, AWorkerWithoutAQueueTransmitsThroughOneThatHasOne) {
  WorkerLab lab({.workers = 2, .queues = 1});
  ASSERT_TRUE(lab.wire(0).push(0, script('o', 1, 1)));
  lab.worker(0).turn(now);  // hands off to worker 1
  lab.worker(1).turn(now);  // decides, has no queue
  EXPECT_EQ(lab.wire(1).pull(0), std::nullopt);
  EXPECT_EQ(lab.counters(1).turn.handed_off.read(), 0u);
  lab.worker(0).turn(now);
  EXPECT_EQ(lab.wire(1).pull(0), script('o', 1, 1));
  EXPECT_EQ(lab.counters(0).interfaces[1].transmit_packets.read(), 1u);
  EXPECT_TRUE(lab.counters_add_up());
}

TEST(Worker, WithAQueueForEachWorkerNothingIsPassedOn) {
  WorkerLab lab({.workers = 2, .queues = 2});
  ASSERT_TRUE(lab.wire(0).push(1, script('t', 1)));
  lab.worker(1).turn(now);
  EXPECT_EQ(lab.wire(1).pull(1), script('t', 1));
  EXPECT_EQ(lab.rings().packets(), 0u);
}

TEST(Worker, RunPassesPacketsUntilItIsStopped) {
  for (const IdleMode idle : {IdleMode::poll, IdleMode::adaptive}) {
    WorkerLab lab({.idle = idle});
    std::atomic<bool> stop = false;
    const Instant started = TscClock::monotonic_now();
    std::thread thread([&] { lab.worker(0).run(stop); });
    for (int i = 0; i < 200; ++i) {
      while (!lab.wire(0).push(0, script('t', 1))) std::this_thread::yield();
      while (!lab.wire(1).pull(0)) std::this_thread::yield();
    }
    stop = true;
    thread.join();
    const Instant stopped = TscClock::monotonic_now();
    EXPECT_FALSE(lab.reader(0).is_online());
    EXPECT_GE(lab.pipeline(0).last_now(), started);
    EXPECT_LE(lab.pipeline(0).last_now(), stopped + milliseconds(1));
    EXPECT_GT(lab.counters(0).turn.busy_cycles.read(), 0u);
    EXPECT_GT(lab.counters(0).turn.idle_cycles.read(), 0u);
    EXPECT_TRUE(lab.counters_add_up());
  }
}

}  // namespace
}  // namespace weft
