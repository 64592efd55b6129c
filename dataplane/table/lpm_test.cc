#include "dataplane/table/lpm.h"

#include <gtest/gtest.h>

#include <random>
#include <string_view>
#include <vector>

namespace weft {
namespace {

using Items = std::vector<std::pair<IpPrefix, int>>;

IpAddress ip(std::string_view text) {
  return *IpAddress::parse(text);
}
IpPrefix prefix(std::string_view text) {
  return *IpPrefix::parse(text);
}

TEST(Lpm, TheLongestPrefixWins) {
  const Lpm<int> lpm(Items{{prefix("10.0.0.0/8"), 8},
                           {prefix("10.1.2.3/32"), 32},
                           {prefix("10.1.0.0/16"), 16},
                           {prefix("0.0.0.0/0"), 0}});
  EXPECT_EQ(*lpm.find(ip("10.1.2.3")), 32);
  EXPECT_EQ(*lpm.find(ip("10.1.2.4")), 16);
  EXPECT_EQ(*lpm.find(ip("10.2.0.0")), 8);
  EXPECT_EQ(*lpm.find(ip("11.0.0.0")), 0);
}

TEST(Lpm, NothingMatchesNothing) {
  EXPECT_TRUE(Lpm<int>().empty());
  EXPECT_EQ(Lpm<int>().find(ip("10.0.0.1")), nullptr);
  const Lpm<int> lpm(Items{{prefix("10.0.0.0/9"), 1}});
  EXPECT_FALSE(lpm.empty());
  EXPECT_EQ(lpm.find(ip("10.128.0.0")), nullptr);
}

TEST(Lpm, FamiliesDoNotMix) {
  const Lpm<int> lpm(
      Items{{prefix("::/0"), 6}, {prefix("0.0.0.0/0"), 4}, {prefix("fd00::/63"), 63}});
  EXPECT_EQ(*lpm.find(ip("10.0.0.1")), 4);
  EXPECT_EQ(*lpm.find(ip("2001:db8::1")), 6);
  EXPECT_EQ(*lpm.find(ip("fd00:0:0:1:ffff::")), 63);
  EXPECT_EQ(*lpm.find(ip("fd00:0:0:2::")), 6);
  EXPECT_EQ(Lpm<int>(Items{{prefix("::/0"), 6}}).find(ip("10.0.0.1")), nullptr);
}

TEST(Lpm, OfEqualPrefixesTheFirstCounts) {
  const Lpm<int> lpm(Items{{prefix("10.0.0.0/8"), 1}, {prefix("10.0.0.0/8"), 2}});
  EXPECT_EQ(*lpm.find(ip("10.0.0.1")), 1);
}

TEST(Lpm, WhatIsNotAcceptedIsPassedOver) {
  const Lpm<int> lpm(Items{{prefix("10.0.0.0/8"), 8}, {prefix("10.0.0.0/16"), 16}});
  EXPECT_EQ(*lpm.find_if(ip("10.0.0.1"), [](int value) { return value < 16; }), 8);
  EXPECT_EQ(lpm.find_if(ip("10.0.0.1"), [](int) { return false; }), nullptr);
}

TEST(Lpm, AgreesWithTryingEveryPrefix) {
  std::mt19937 random(1);
  Items items;
  for (int i = 0; i < 200; ++i) {
    const auto address = IpAddress::v4(be32(0x0a000000 | (random() & 0xffff)));
    items.emplace_back(IpPrefix(address, 14 + random() % 19), i);
  }
  const Lpm<int> lpm(items);
  for (uint32_t host = 0; host < 0x10000; host += 7) {
    const auto address = IpAddress::v4(be32(0x0a000000 | host));
    const std::pair<IpPrefix, int>* best = nullptr;
    for (const auto& item : items) {
      if (item.first.contains(address) &&
          (best == nullptr || item.first.length() > best->first.length())) {
        best = &item;
      }
    }
    const int* found = lpm.find(address);
    ASSERT_EQ(found != nullptr, best != nullptr);
    if (best != nullptr) {
      ASSERT_EQ(*found, best->second) << address.to_string();
    }
  }
}

}  // namespace
}  // namespace weft
