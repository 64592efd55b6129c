#include "dataplane/table/flat_map.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace weft {

// Every key in one of eight places, so that probes are long.
struct Crowded {
  uint32_t value = 0;
  bool operator==(const Crowded&) const = default;
};
static uint64_t hash_of(const Crowded& key) {
  return key.value % 8;
}

namespace {

TEST(FlatMap, EmptyFindsNothing) {
  const FlatMap<Crowded, int> map;
  EXPECT_EQ(map.size(), 0u);
  EXPECT_EQ(map.find(Crowded{1}), nullptr);
}

TEST(FlatMap, FindsWhatItWasBuiltFromAndNothingElse) {
  std::mt19937 random(1);
  for (uint32_t size : {1u, 2u, 3u, 100u, 1000u}) {
    std::map<uint32_t, uint32_t> expected;
    std::vector<std::pair<Crowded, uint32_t>> items;
    for (uint32_t i = 0; i < size; ++i) {
      const uint32_t key = random() % (2 * size);
      if (expected.emplace(key, i).second) items.push_back({{key}, i});
    }
    const FlatMap<Crowded, uint32_t> map(items);
    EXPECT_EQ(map.size(), expected.size());
    for (uint32_t key = 0; key < 2 * size; ++key) {
      const uint32_t* found = map.find(Crowded{key});
      ASSERT_EQ(found != nullptr, expected.contains(key));
      if (found != nullptr) {
        EXPECT_EQ(*found, expected[key]);
      }
    }
  }
}

TEST(FlatMap, OfEqualKeysTheFirstCounts) {
  const std::vector<std::pair<Crowded, int>> items{{{5}, 1}, {{13}, 2}, {{5}, 3}};
  const FlatMap<Crowded, int> map(items);
  EXPECT_EQ(*map.find(Crowded{5}), 1);
  EXPECT_EQ(map.size(), 2u);
}

TEST(FlatMap, VisitsEachItemOnce) {
  const std::vector<std::pair<Crowded, int>> items{{{5}, 1}, {{13}, 2}, {{6}, 3}};
  std::map<uint32_t, int> seen;
  FlatMap<Crowded, int>(items).for_each(
      [&](const Crowded& key, int value) { EXPECT_TRUE(seen.emplace(key.value, value).second); });
  EXPECT_EQ(seen, (std::map<uint32_t, int>{{5, 1}, {6, 3}, {13, 2}}));
}

TEST(FlatMap, CopiesShareWhatTheyHold) {
  const std::vector<std::pair<Crowded, int>> items{{{5}, 1}};
  const FlatMap<Crowded, int> map(items);
  const FlatMap<Crowded, int> copy = map;
  EXPECT_EQ(copy.find(Crowded{5}), map.find(Crowded{5}));
}

}  // namespace
}  // namespace weft
