#include "dataplane/match/perfect_slots.h"

#include <gtest/gtest.h>

#include <random>

namespace weft {
namespace {

std::vector<PerfectSlots::Item> random_items(uint32_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<PerfectSlots::Item> items;
  for (uint32_t value = 0; value < count; ++value) items.push_back({random(), value * 3});
  return items;
}

TEST(PerfectSlots, EveryHashFindsItsValueAndFewOthersDo) {
  for (const uint32_t count : {0u, 1u, 2u, 3u, 7u, 100u, 1000u, 30'000u}) {
    const std::vector<PerfectSlots::Item> items = random_items(count, 7);
    const std::optional<PerfectSlots> slots = PerfectSlots::build(items);
    ASSERT_TRUE(slots.has_value());
    for (const PerfectSlots::Item& item : items) ASSERT_EQ(slots->find(item.hash), item.value);
    uint32_t others = 0;
    for (const PerfectSlots::Item& other : random_items(10'000, 8)) {
      others += slots->find(other.hash) != PerfectSlots::none ? 1 : 0;
    }
    EXPECT_LE(others, 5u);
  }
}

TEST(PerfectSlots, SmallTablesOfAllSizesAreBuilt) {
  for (uint32_t count = 0; count < 200; ++count) {
    for (uint64_t seed = 0; seed < 20; ++seed) {
      EXPECT_TRUE(PerfectSlots::build(random_items(count, seed)).has_value());
    }
  }
}

TEST(PerfectSlots, TenThousandFitInFewBytes) {
  EXPECT_LE(PerfectSlots::build(random_items(10'000, 7))->bytes(), 110'000u);
}

TEST(PerfectSlots, EqualHashesHaveNoPlaces) {
  std::vector<PerfectSlots::Item> items = random_items(10, 7);
  items[3].hash = items[8].hash;
  EXPECT_FALSE(PerfectSlots::build(items).has_value());
}

}  // namespace
}  // namespace weft
