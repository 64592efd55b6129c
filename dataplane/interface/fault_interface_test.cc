#include "dataplane/interface/fault_interface.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "dataplane/base/byte_order.h"
#include "dataplane/interface/guarded_pool.h"
#include "dataplane/interface/memory_interface.h"

namespace weft {
namespace {

constexpr Instant start(seconds(100));

Frame numbered(uint32_t number) {
  Frame frame(64);
  store(frame.data(), number);
  return frame;
}

uint32_t number_of(const Frame& frame) {
  return load<uint32_t>(frame.data());
}

class FaultInterfaceTest : public testing::Test {
 protected:
  // Sends `count` frames from the worker's side, 10 us apart, and gives those that arrive by the
  // end.
  std::vector<Frame> send(uint32_t count, const Faults& faults, uint64_t seed = 1) {
    MemoryInterface inner({.queue_frames_max = 4096}, pool_.mempool());
    FaultInterface network(inner, pool_.mempool(), {.transmit = faults, .seed = seed});
    std::vector<Frame> arrived;
    Instant now = start;
    const auto collect = [&] {
      while (auto frame = inner.pull(0)) arrived.push_back(*frame);
    };
    for (uint32_t i = 0; i < count; ++i, now += std::chrono::microseconds(10)) {
      network.advance(now);
      Packet packet = new_frame(pool_.mempool(), numbered(i));
      EXPECT_EQ(network.transmit(0, {&packet, 1}), 1u);
      collect();
    }
    network.advance(now + seconds(10));
    collect();
    counts_ = network.counts();
    EXPECT_EQ(counts_.on_the_way, 0u);
    EXPECT_EQ(counts_.entered + counts_.duplicated,
              counts_.lost + counts_.overflowed + counts_.left);
    EXPECT_EQ(counts_.left, arrived.size());
    return arrived;
  }

  GuardedPool pool_{8191};
  FaultCounts counts_;
};

TEST_F(FaultInterfaceTest, AGoodNetworkChangesNothing) {
  const std::vector<Frame> arrived = send(100, {});
  ASSERT_EQ(arrived.size(), 100u);
  for (uint32_t i = 0; i < 100; ++i) EXPECT_EQ(arrived[i], numbered(i));
}

TEST_F(FaultInterfaceTest, LosesTheShareItIsTold) {
  const auto arrived = send(10'000, {.loss_ppm = 100'000});
  EXPECT_NEAR(static_cast<double>(arrived.size()), 9000, 150);
  EXPECT_EQ(counts_.lost, 10'000 - arrived.size());
}

TEST_F(FaultInterfaceTest, DuplicatesTheShareItIsTold) {
  const auto arrived = send(10'000, {.duplicate_ppm = 100'000});
  EXPECT_NEAR(static_cast<double>(arrived.size()), 11'000, 150);
  uint32_t twice = 0;
  for (std::size_t i = 1; i < arrived.size(); ++i) twice += arrived[i] == arrived[i - 1];
  EXPECT_EQ(twice, counts_.duplicated);
}

TEST_F(FaultInterfaceTest, CorruptsOneBitOfTheShareItIsTold) {
  const auto arrived = send(10'000, {.corrupt_ppm = 100'000});
  ASSERT_EQ(arrived.size(), 10'000u);
  uint32_t corrupted = 0;
  for (uint32_t i = 0; i < arrived.size(); ++i) {
    const Frame sent = numbered(i);
    int flipped = 0;
    for (std::size_t b = 0; b < sent.size(); ++b) {
      flipped += std::popcount(std::to_integer<unsigned>(sent[b] ^ arrived[i][b]));
    }
    EXPECT_LE(flipped, 1);
    corrupted += flipped != 0;
  }
  EXPECT_EQ(corrupted, counts_.corrupted);
  EXPECT_NEAR(corrupted, 1000, 150);
}

TEST_F(FaultInterfaceTest, TellsOfEachFrameThatItCorrupts) {
  const Faults faults{.corrupt_ppm = 500'000};
  MemoryInterface inner({}, pool_.mempool());
  FaultInterface network(inner, pool_.mempool(), {.receive = faults, .transmit = faults});
  std::vector<Frame> received_after, transmitted_after;
  const auto watch = [](std::vector<Frame>& frames) {
    return [&frames](std::span<const std::byte> before, std::span<const std::byte> after) {
      EXPECT_FALSE(std::ranges::equal(before, after));
      const Frame sent = numbered(7);
      EXPECT_TRUE(std::ranges::equal(before, sent));
      frames.emplace_back(after.begin(), after.end());
    };
  };
  network.watch_damage(watch(received_after), watch(transmitted_after));
  std::vector<Frame> received, transmitted;
  const auto keep_damaged = [](std::vector<Frame>& frames, const Frame& frame) {
    if (frame != numbered(7)) frames.push_back(frame);
  };
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(inner.push(0, numbered(7)));
    Packet packet;
    ASSERT_EQ(network.receive(0, {&packet, 1}), 1u);
    Frame frame(packet.bytes());
    copy_frame(packet, frame);
    keep_damaged(received, frame);
    rte_pktmbuf_free(packet.buffer());
    packet = new_frame(pool_.mempool(), numbered(7));
    network.transmit(0, {&packet, 1});
    keep_damaged(transmitted, *inner.pull(0));
  }
  EXPECT_EQ(received, received_after);
  EXPECT_EQ(transmitted, transmitted_after);
  EXPECT_GT(received.size(), 20u);
  EXPECT_GT(transmitted.size(), 20u);
}

TEST_F(FaultInterfaceTest, ReordersWithoutLoss) {
  const auto arrived = send(1000, {.reorder_ppm = 100'000});
  ASSERT_EQ(arrived.size(), 1000u);
  std::vector<uint32_t> numbers;
  for (const Frame& frame : arrived) numbers.push_back(number_of(frame));
  EXPECT_FALSE(std::is_sorted(numbers.begin(), numbers.end()));
  std::sort(numbers.begin(), numbers.end());
  EXPECT_EQ(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

TEST_F(FaultInterfaceTest, DelaysBothWaysOnSimulatedTime) {
  MemoryInterface inner({}, pool_.mempool());
  const Faults late{.delay_min = milliseconds(2), .delay_max = milliseconds(2)};
  FaultInterface network(inner, pool_.mempool(), {.receive = late, .transmit = late});
  network.advance(start);
  ASSERT_TRUE(inner.push(0, numbered(1)));
  Packet out = new_frame(pool_.mempool(), numbered(2));
  network.transmit(0, {&out, 1});

  Packet in;
  EXPECT_EQ(network.receive(0, {&in, 1}), 0u);
  network.advance(start + milliseconds(1));
  EXPECT_EQ(network.receive(0, {&in, 1}), 0u);
  EXPECT_EQ(inner.pull(0), std::nullopt);
  network.advance(start + milliseconds(2));
  ASSERT_EQ(network.receive(0, {&in, 1}), 1u);
  EXPECT_EQ(inner.pull(0), numbered(2));
  rte_pktmbuf_free(in.buffer());
}

TEST_F(FaultInterfaceTest, OneSeedIsOneRun) {
  const Faults bad{.loss_ppm = 50'000,
                   .duplicate_ppm = 50'000,
                   .corrupt_ppm = 50'000,
                   .reorder_ppm = 50'000,
                   .delay_max = milliseconds(1)};
  const auto first = send(2000, bad, 42);
  EXPECT_EQ(first, send(2000, bad, 42));
  EXPECT_NE(first, send(2000, bad, 43));
}

TEST_F(FaultInterfaceTest, FramesOnTheWayAreBoundedAndFreed) {
  {
    MemoryInterface inner({.queue_frames_max = 8}, pool_.mempool());
    const Faults late{.delay_min = seconds(1), .delay_max = seconds(1)};
    FaultInterface network(inner, pool_.mempool(), {.transmit = late});
    network.advance(start);
    for (uint32_t i = 0; i < FaultLine::frames_max + 5; ++i) {
      Packet packet = new_frame(pool_.mempool(), numbered(i));
      ASSERT_EQ(network.transmit(0, {&packet, 1}), 1u);
    }
    EXPECT_EQ(network.counts().on_the_way, FaultLine::frames_max);
    EXPECT_EQ(network.counts().overflowed, 5u);
  }
  EXPECT_EQ(pool_.free_buffers(), pool_.buffers());
}

}  // namespace
}  // namespace weft
