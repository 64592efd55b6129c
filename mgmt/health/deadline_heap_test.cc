#include "mgmt/health/deadline_heap.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace weft::mgmt {
namespace {

Instant at(int64_t ms) {
  return Instant(milliseconds(ms));
}

TEST(DeadlineHeap, GivesTheEarliestFirstAndTiesByKey) {
  DeadlineHeap heap;
  heap.set(7, at(30));
  heap.set(9, at(10));
  heap.set(3, at(10));
  EXPECT_EQ(heap.earliest(), at(10));
  EXPECT_EQ(heap.pop(), 3u);
  EXPECT_EQ(heap.pop(), 9u);
  EXPECT_EQ(heap.pop(), 7u);
  EXPECT_TRUE(heap.empty());
}

TEST(DeadlineHeap, MovesAndErasesKeys) {
  DeadlineHeap heap;
  heap.set(1, at(10));
  heap.set(2, at(20));
  heap.set(1, at(30));
  EXPECT_EQ(heap.size(), 2u);
  EXPECT_EQ(heap.earliest(), at(20));
  heap.erase(2);
  heap.erase(2);
  heap.erase(1000);
  EXPECT_FALSE(heap.contains(2));
  EXPECT_EQ(heap.pop(), 1u);
}

TEST(DeadlineHeap, AgreesWithAnOrderedSetOverRandomChanges) {
  DeadlineHeap heap;
  std::map<uint32_t, Instant> expected;
  std::mt19937_64 random(4);
  for (int step = 0; step < 20'000; ++step) {
    const uint32_t key = static_cast<uint32_t>(random() % 200);
    if (random() % 3 == 0) {
      heap.erase(key);
      expected.erase(key);
    } else {
      const Instant deadline = at(static_cast<int64_t>(random() % 1000));
      heap.set(key, deadline);
      expected[key] = deadline;
    }
    ASSERT_EQ(heap.size(), expected.size());
    if (expected.empty()) continue;
    std::set<std::pair<Instant, uint32_t>> ordered;
    for (const auto& [other, deadline] : expected) ordered.insert({deadline, other});
    ASSERT_EQ(heap.earliest(), ordered.begin()->first);
    if (random() % 4 != 0) continue;
    const uint32_t popped = heap.pop();
    ASSERT_EQ(popped, ordered.begin()->second);
    expected.erase(popped);
  }
}

}  // namespace
}  // namespace weft::mgmt
