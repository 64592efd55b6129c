#include "tests/tcp/two_stacks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <random>

namespace weft {
namespace {

using test::TwoStacks;
using test::TwoStacksSettings;

TwoStacksSettings one_way(uint64_t bytes) {
  TwoStacksSettings settings;
  settings.sides[0].writes_bytes = bytes;
  return settings;
}

TEST(TwoStacks, AShortExchangeEnds) {
  TwoStacksSettings settings = one_way(100);
  settings.sides[1].writes_bytes = 200;
  TwoStacks stacks(settings);
  EXPECT_EQ(stacks.run(seconds(200)), "");
  EXPECT_LE(stacks.finished_after(1), seconds(1) + milliseconds(31));
  // SYN, data with FIN, and an acknowledgment or two.
  EXPECT_LE(stacks.segments_sent(0), 4u);
  EXPECT_LE(stacks.segments_sent(1), 4u);
}

// What was too large for the path goes out again in smaller segments, and no slower.
TEST(TwoStacks, AnIcmpErrorMakesSegmentsSmaller) {
  TwoStacks stacks(one_way(500'000));
  ASSERT_TRUE(stacks.run_until([&] { return stacks.bytes_read(1) > 100'000; }, seconds(10)));
  Connection& sender = stacks.connection(0);
  const uint32_t window_bytes = sender.congestion().window_bytes();
  sender.path_carries(sender.send_unacknowledged() - 1, 1000, stacks.now());
  EXPECT_EQ(sender.segment_bytes(), 1460u);  // quotes what is not in flight: not believed
  sender.path_carries(sender.send_unacknowledged(), 1000, stacks.now());
  EXPECT_EQ(sender.segment_bytes(), 1000u);
  EXPECT_EQ(sender.congestion().window_bytes(), window_bytes);
  EXPECT_EQ(stacks.run(seconds(200)), "");
  EXPECT_GT(sender.retransmissions(), 0u);
}

TEST(TwoStacks, MegabytesOverAGoodPathTakeWhatTheyMust) {
  TwoStacksSettings settings = one_way(20'000'000);
  settings.sides[0].tcp.send_buffer_max_bytes = 1u << 23;
  settings.sides[1].tcp.receive_buffer_max_bytes = 1u << 24;
  settings.paths[0].queue_bytes_max = 1u << 24;
  TwoStacks stacks(settings);
  EXPECT_EQ(stacks.run(seconds(200)), "");
  // 0.16 s at the link's rate, and slow start.
  EXPECT_LE(stacks.finished_after(1), seconds(1) + milliseconds(700));
  EXPECT_EQ(stacks.connection(0).retransmissions(), 0u);
}

class Paths : public testing::TestWithParam<uint64_t> {};

// Whatever the path does, all bytes arrive, in order, once, and both ends close.
TEST_P(Paths, EveryByteArrives) {
  const uint64_t seed = GetParam();
  std::mt19937_64 random(seed);
  const auto one_of = [&]<class T>(std::initializer_list<T> all) {
    return *(all.begin() + std::uniform_int_distribution<std::size_t>(0, all.size() - 1)(random));
  };
  TwoStacksSettings settings;
  settings.seed = seed;
  for (test::SideSettings& side : settings.sides) {
    side.writes_bytes = one_of({0ull, 1ull, 1000ull, 50'000ull, 300'000ull, 2'000'000ull});
    side.mss_bytes = one_of({uint16_t{1460}, uint16_t{536}, uint16_t{8960}, uint16_t{88}});
    side.tcp.timestamps = one_of({true, true, false});
    side.tcp.selective_acknowledgment = one_of({true, true, false});
    side.tcp.window_scaling = one_of({true, false});
    side.tcp.ecn = one_of({true, false});
    side.tcp.nagle = one_of({true, false});
    side.tcp.receive_buffer_max_bytes = one_of({20'000u, 131'072u, 1u << 20});
    if (side.mss_bytes == 88) side.writes_bytes = std::min<uint64_t>(side.writes_bytes, 50'000);
    side.reads_bytes = one_of({0u, 0u, 3'000u, 100'000u});
    side.reads_every = one_of({milliseconds(1), milliseconds(50)});
    side.tcp.give_up_after = side.tcp.time_wait = seconds(3600);
  }
  for (test::PathSettings& path : settings.paths) {
    path.loss = one_of({0.0, 0.001, 0.01, 0.05, 0.2});
    path.reordering = one_of({0.0, 0.0, 0.02, 0.3});
    path.duplication = one_of({0.0, 0.0, 0.02});
    path.marks = one_of({0.0, 0.05});
    path.delay = one_of({milliseconds(0), milliseconds(10), milliseconds(100)});
    path.bytes_per_s = one_of({125'000ull, 12'500'000ull, 1'250'000'000ull});
    path.queue_bytes_max = one_of({20'000u, 1u << 20});
  }
  TwoStacks stacks(settings);
  EXPECT_EQ(stacks.run(seconds(20'000)), "");
}

// WEFT_TCP_SEEDS says how many, for those who look for more.
uint64_t seeds() {
  const char* wanted = std::getenv("WEFT_TCP_SEEDS");
  return wanted == nullptr ? 300 : std::strtoull(wanted, nullptr, 10);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Paths, testing::Range<uint64_t>(1, seeds() + 1));

}  // namespace
}  // namespace weft
