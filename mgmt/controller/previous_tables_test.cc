#include "mgmt/controller/previous_tables.h"

#include <gtest/gtest.h>

#include <set>

namespace weft::mgmt {
namespace {

constexpr milliseconds keep{10'000};

Instant at(int64_t ms) {
  return Instant(milliseconds(ms));
}

// Of these endpoint slots.
DesiredTable table(std::initializer_list<uint32_t> slots, uint32_t weight = 1) {
  DesiredTable table;
  for (const uint32_t slot : slots) {
    table.endpoints.push_back({{EndpointSlot{slot}, 1}, IpAddress::v4(be32(slot)), 80, weight});
  }
  return table;
}

TEST(PreviousTables, TheFirstTableHasNoneBeforeIt) {
  PreviousTables tables;
  tables.replace(table({1, 2}), keep, at(0));
  EXPECT_EQ(tables.oldest(), nullptr);
  EXPECT_EQ(tables.next_expiry(), Instant::max());
}

TEST(PreviousTables, TheOldestIsTheOneUntilItsTimeHasPassed) {
  PreviousTables tables;
  tables.replace(table({1, 2}), keep, at(0));
  tables.replace(table({1}), keep, at(1000));
  tables.replace(table({1, 3}), keep, at(5000));
  EXPECT_EQ(*tables.oldest(), table({1, 2}));
  EXPECT_EQ(tables.next_expiry(), at(11'000));
  EXPECT_FALSE(tables.expire(at(10'999)));
  EXPECT_TRUE(tables.expire(at(11'000)));
  EXPECT_EQ(*tables.oldest(), table({1}));
  EXPECT_TRUE(tables.expire(at(15'000)));
  EXPECT_EQ(tables.oldest(), nullptr);
}

TEST(PreviousTables, WhatDoesNotChangeIsNoTableBefore) {
  PreviousTables tables;
  tables.replace(table({1, 2}), keep, at(0));
  tables.replace(table({1, 2}), keep, at(1000));
  EXPECT_EQ(tables.oldest(), nullptr);
}

TEST(PreviousTables, ATableThatNobodyWasPickedByIsNotKept) {
  PreviousTables tables;
  tables.replace(table({}), keep, at(0));
  tables.replace(table({1}, 0), keep, at(0));
  tables.replace(table({1}), keep, at(0));
  EXPECT_EQ(tables.oldest(), nullptr);
}

TEST(PreviousTables, WithoutATimeNothingIsKept) {
  PreviousTables tables;
  tables.replace(table({1, 2}), Duration::zero(), at(0));
  tables.replace(table({1}), Duration::zero(), at(0));
  EXPECT_EQ(tables.size(), 0u);
}

TEST(PreviousTables, ACloudOfChangesKeepsTheOldestOnes) {
  PreviousTables tables;
  tables.replace(table({1}), keep, at(0));
  for (uint32_t i = 2; i < 100; ++i) tables.replace(table({i}), keep, at(i));
  EXPECT_EQ(tables.size(), previous_tables_max);
  std::set<uint32_t> slots;
  tables.for_each_endpoint([&](EndpointSlot slot) { slots.insert(index(slot)); });
  EXPECT_EQ(slots, (std::set<uint32_t>{1, 2, 3, 4, 5, 6, 7, 8}));
  tables.clear();
  EXPECT_EQ(tables.oldest(), nullptr);
}

}  // namespace
}  // namespace weft::mgmt
