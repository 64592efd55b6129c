#include "dataplane/table/usage_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace weft {
namespace {

constexpr Instant start = Instant(seconds(1));

Hash128 key(uint64_t n) {
  return KeyedHash({1, 2, 3, 4})(_mm_set_epi64x(0, static_cast<int64_t>(n)));
}

TEST(UsageTable, WhatAKeyHoldsIsFoundAgain) {
  UsageTable table(1024);
  EXPECT_EQ(table.find(key(1)), nullptr);
  Usage* usage = table.find_or_make(key(1), start);
  ASSERT_NE(usage, nullptr);
  EXPECT_EQ(usage->held, 0u);
  usage->held = 3;
  EXPECT_EQ(table.find(key(1)), usage);
  EXPECT_EQ(table.find_or_make(key(1), start)->held, 3u);
  EXPECT_EQ(table.find(key(2)), nullptr);
}

TEST(UsageTable, OnlyAPlaceOfAKeyThatIsIdleGoesToAnother) {
  UsageTable table(4);
  for (uint64_t n = 0; n < 4; ++n) table.find_or_make(key(n), start)->held = 1;
  EXPECT_EQ(table.find_or_make(key(9), start), nullptr);
  Usage* second = table.find(key(1));
  second->held = 0;
  second->next = start + milliseconds(1);
  EXPECT_EQ(table.find_or_make(key(9), start), nullptr) << "it still waits for its next one";
  EXPECT_EQ(table.find_or_make(key(9), start + milliseconds(1)), second);
  EXPECT_EQ(table.find(key(1)), nullptr);
  EXPECT_EQ(second->held, 0u);
}

TEST(UsageTable, CountsAsAMapDoes) {
  UsageTable table(4096);
  std::map<uint64_t, uint32_t> model;
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const uint64_t n = random() % 1000;
    if (random() % 2 == 0) {
      if (Usage* usage = table.find_or_make(key(n), start)) {
        ++usage->held;
        ++model[n];
      }
    } else if (model[n] > 0) {
      --table.find(key(n))->held;
      --model[n];
    }
  }
  for (const auto& [n, held] : model) {
    const Usage* usage = table.find(key(n));
    ASSERT_EQ(usage == nullptr ? 0 : usage->held, held) << n;
  }
}

TEST(UsageTable, NearlyAllFindAPlaceWhileHalfAreFree) {
  UsageTable table(4096);
  uint32_t made = 0;
  for (uint64_t n = 0; n < 2048; ++n) {
    if (Usage* usage = table.find_or_make(key(n), start)) {
      usage->held = 1;
      ++made;
    }
  }
  EXPECT_GE(made, 2048u * 99 / 100);
}

}  // namespace
}  // namespace weft
