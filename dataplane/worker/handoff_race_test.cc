// Runs under ThreadSanitizer (suite 'race'): packets cross between threads, and nobody touches one
// that is not his.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "tests/worker_lab.h"

namespace weft {
namespace {

using test::script;
using test::WorkerLab;

constexpr uint32_t packets_total = 20'000;

// A ring of workers: each writes into every packet and hands it to the next.
TEST(HandOffRace, PacketsGoRoundThreeThreads) {
  constexpr uint32_t workers = 3;
  GuardedPool pool(255);
  HandOffRings rings(workers, 64);
  std::vector<std::thread> threads;
  std::atomic<uint32_t> hops = 0;
  const auto write = [](Packet packet) {
    for (std::byte& b : packet.linear()) b ^= std::byte{1};
  };
  for (int i = 0; i < 40; ++i) {
    const HandOff first{new_frame(pool.mempool(), script('t', 0)), 0, Purpose::process};
    ASSERT_EQ(rings.ring(workers - 1, 0).push({&first, 1}), 1u);
  }
  for (uint32_t worker = 0; worker < workers; ++worker) {
    threads.emplace_back([&, worker] {
      auto& in = rings.ring((worker + workers - 1) % workers, worker);
      auto& out = rings.ring(worker, (worker + 1) % workers);
      std::array<HandOff, 16> taken;
      while (hops.load(std::memory_order_relaxed) < packets_total) {
        const uint32_t count = in.pop(taken);
        for (uint32_t i = 0; i < count; ++i) write(taken[i].packet);
        ASSERT_EQ(out.push({taken.data(), count}), count);
        hops.fetch_add(count, std::memory_order_relaxed);
        if (count == 0) std::this_thread::yield();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(rings.packets(), 40u);
}

// Whole workers: frames of one queue are owned by two workers, both transmit through the first.
TEST(HandOffRace, TwoWorkersRunOnOneQueue) {
  WorkerLab lab({.workers = 2});
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  for (uint32_t worker : {0u, 1u}) {
    threads.emplace_back([&, worker] { lab.worker(worker).run(stop); });
  }
  uint32_t sent = 0, arrived = 0;
  const auto pull = [&] {
    while (lab.wire(1).pull(0)) ++arrived;
  };
  while (sent < packets_total) {
    if (sent - arrived < 200 && lab.wire(0).push(0, script('o', 1, sent % 2))) {
      ++sent;
    } else {
      std::this_thread::yield();
    }
    pull();
  }
  const Instant deadline = TscClock::monotonic_now() + seconds(60);
  while (arrived < sent && TscClock::monotonic_now() < deadline) pull();
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(arrived, sent);
  EXPECT_EQ(lab.counters(1).turn.handed_over.read(), packets_total / 2);
  EXPECT_TRUE(lab.counters_add_up());
}

}  // namespace
}  // namespace weft
