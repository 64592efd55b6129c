#include "dataplane/table/prefix_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string_view>
#include <vector>

namespace weft {
namespace {

IpAddress ip(std::string_view text) {
  return *IpAddress::parse(text);
}

PrefixSet set_of(std::initializer_list<std::string_view> texts) {
  std::vector<IpPrefix> prefixes;
  for (const std::string_view text : texts) prefixes.push_back(*IpPrefix::parse(text));
  return PrefixSet(prefixes);
}

TEST(PrefixSet, AnAddressIsInAPrefixOrNot) {
  const PrefixSet set = set_of({"10.1.0.0/16", "192.0.2.7", "2001:db8::/32", "fd00::1"});
  EXPECT_TRUE(set.contains(ip("10.1.0.0")));
  EXPECT_TRUE(set.contains(ip("10.1.255.255")));
  EXPECT_FALSE(set.contains(ip("10.0.255.255")));
  EXPECT_FALSE(set.contains(ip("10.2.0.0")));
  EXPECT_TRUE(set.contains(ip("192.0.2.7")));
  EXPECT_FALSE(set.contains(ip("192.0.2.8")));
  EXPECT_TRUE(set.contains(ip("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")));
  EXPECT_FALSE(set.contains(ip("2001:db9::")));
  EXPECT_TRUE(set.contains(ip("fd00::1")));
  EXPECT_FALSE(set.contains(ip("fd00::2")));
}

TEST(PrefixSet, TheEmptySetHasNothing) {
  const PrefixSet set({});
  EXPECT_FALSE(set.contains(ip("0.0.0.0")));
  EXPECT_FALSE(set.contains(ip("255.255.255.255")));
  EXPECT_FALSE(set.contains(ip("::")));
}

TEST(PrefixSet, ADefaultRouteHasItsFamilyWhole) {
  const PrefixSet four = set_of({"0.0.0.0/0"});
  EXPECT_TRUE(four.contains(ip("0.0.0.0")));
  EXPECT_TRUE(four.contains(ip("255.255.255.255")));
  EXPECT_FALSE(four.contains(ip("::1")));
  const PrefixSet six = set_of({"::/0"});
  EXPECT_TRUE(six.contains(ip("::")));
  EXPECT_TRUE(six.contains(ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")));
  EXPECT_FALSE(six.contains(ip("10.0.0.1")));
}

TEST(PrefixSet, TheLastAddressesCanBeInOrOut) {
  const PrefixSet in = set_of({"255.255.255.255", "ffff::/16", "feff:ffff:ffff:ffff::1"});
  EXPECT_TRUE(in.contains(ip("255.255.255.255")));
  EXPECT_FALSE(in.contains(ip("255.255.255.254")));
  EXPECT_TRUE(in.contains(ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")));
  EXPECT_TRUE(in.contains(ip("feff:ffff:ffff:ffff::1")));
  EXPECT_FALSE(in.contains(ip("feff:ffff:ffff:ffff::2")));
  const PrefixSet out = set_of({"255.255.255.254", "0.0.0.1", "0.0.0.3"});
  EXPECT_FALSE(out.contains(ip("255.255.255.255")));
  EXPECT_TRUE(out.contains(ip("255.255.255.254")));
  EXPECT_FALSE(out.contains(ip("0.0.0.2")));
}

TEST(PrefixSet, PrefixesThatTouchOrOverlapAreOne) {
  const PrefixSet set = set_of({"10.0.1.0/24", "10.0.0.0/24", "10.0.0.0/8", "10.3.0.0/16"});
  EXPECT_TRUE(set.contains(ip("10.0.2.0")));
  EXPECT_TRUE(set.contains(ip("10.4.0.0")));
  EXPECT_FALSE(set.contains(ip("11.0.0.0")));
  EXPECT_LE(set_of({"10.0.0.0/25", "10.0.0.128/25"}).bytes(), set_of({"10.0.0.0/24"}).bytes());
}

TEST(PrefixSet, SetsOfTheSameAddressesAreEqual) {
  EXPECT_EQ(set_of({"10.0.0.0/25", "10.0.0.128/25", "fd00::/64"}),
            set_of({"fd00::/64", "10.0.0.0/24", "10.0.0.7"}));
  EXPECT_NE(set_of({"10.0.0.0/25"}), set_of({"10.0.0.0/24"}));
  EXPECT_NE(set_of({"10.0.0.0/24"}), set_of({"10.0.0.0/24", "fd00::1"}));
  EXPECT_EQ(set_of({}), set_of({}));
}

TEST(PrefixSet, OnlyTheAddressesAskedForAreAnswered) {
  const PrefixSet set = set_of({"10.0.0.0/8", "fd00::/64", "fd01::1"});
  std::array<IpAddress, PrefixSet::together_max> addresses{};
  addresses[0] = ip("10.0.0.1");
  addresses[3] = ip("fd00::9");
  addresses[4] = ip("10.0.0.2");
  addresses[30] = ip("fd01::1");
  addresses[31] = ip("11.0.0.1");
  EXPECT_EQ(set.members(UINT32_MAX, addresses), 1u << 0 | 1u << 3 | 1u << 4 | 1u << 30);
  EXPECT_EQ(set.members(1u << 4 | 1u << 31, addresses), 1u << 4);
  EXPECT_EQ(set.members(0, addresses), 0u);
}

// Addresses are drawn from a few bits and beside the ends of prefixes, so that every outcome
// occurs.
class Model {
 public:
  Model(std::size_t count, bool v4, uint32_t seed) : random_(seed), v4_(v4) {
    for (std::size_t i = 0; i < count; ++i) {
      const IpAddress address = draw();
      const uint32_t bits = address.family_bits();
      const uint32_t shortest = count > 4 ? (v4 ? 12 : 14) : 0;
      prefixes_.emplace_back(address, shortest + random_() % (bits - shortest + 1));
    }
  }

  void check() {
    const PrefixSet set(prefixes_);
    uint32_t inside = 0;
    for (int i = 0; i < 100; ++i) {
      std::array<IpAddress, PrefixSet::together_max> addresses;
      for (IpAddress& address : addresses) address = random_() % 2 == 0 ? draw() : beside();
      const uint32_t found = set.members(UINT32_MAX, addresses);
      for (std::size_t j = 0; j < addresses.size(); ++j) {
        ASSERT_EQ((found >> j & 1) != 0, expected(addresses[j])) << addresses[j].to_string();
      }
      inside |= found;
    }
    if (prefixes_.size() > 4) {
      EXPECT_NE(inside, 0u);
    }
  }

 private:
  IpAddress draw() {
    if (v4_) return IpAddress::v4(be32(random_() & 0x0f0f0f7f));
    std::array<std::byte, 16> bytes{};
    for (const std::size_t at : {1, 3, 7, 8, 15}) bytes[at] = std::byte(random_() & 0x0f);
    return IpAddress::v6(bytes.data());
  }
  // The address before a prefix, its first, its last, or the one behind it.
  IpAddress beside() {
    if (prefixes_.empty()) return draw();
    const IpPrefix& prefix = prefixes_[random_() % prefixes_.size()];
    std::array<std::byte, 16> bytes = prefix.address().bytes();
    const uint32_t first_free = prefix.length() + (v4_ ? 96 : 0);
    const uint32_t which = random_() % 4;
    if (which >= 2) {
      for (uint32_t bit = first_free; bit < 128; ++bit)
        bytes[bit / 8] |= std::byte(0x80 >> bit % 8);
    }
    if (which == 0 || which == 3) step(bytes, which == 3);
    const IpAddress result = IpAddress::v6(bytes.data());
    return result.is_v4() == v4_ ? result : draw();
  }
  static void step(std::array<std::byte, 16>& bytes, bool up) {
    for (std::size_t i = bytes.size(); i-- > 0;) {
      const auto value = static_cast<uint8_t>(static_cast<uint8_t>(bytes[i]) + (up ? 1 : 255));
      bytes[i] = std::byte(value);
      if (value != (up ? 0 : 255)) return;
    }
  }
  bool expected(const IpAddress& address) const {
    return std::ranges::any_of(prefixes_, [&](const IpPrefix& p) { return p.contains(address); });
  }

  std::mt19937 random_;
  bool v4_;
  std::vector<IpPrefix> prefixes_;
};

TEST(PrefixSet, AgreesWithTryingEveryPrefix) {
  // Around the sizes at which a tree grows by a level.
  for (const std::size_t count : {1, 2, 3, 4, 5, 8, 9, 17, 36, 41, 136, 137, 300, 900}) {
    for (uint32_t seed = 0; seed < 2; ++seed) {
      Model(count, true, seed).check();
      Model(count, false, seed).check();
    }
  }
}

// Every second address of a range: the tree is as full as it can be, and all its ranks are known.
TEST(PrefixSet, FindsItsWayThroughAFullTree) {
  for (const uint32_t count : {8, 136, 137, 2312, 40'000}) {
    std::vector<IpPrefix> prefixes;
    for (uint32_t i = 0; i < count; ++i) {
      prefixes.push_back(IpPrefix::host(IpAddress::v4(be32(0x0a000000 + 2 * i))));
    }
    const PrefixSet set(prefixes);
    for (uint32_t i = 0; i < count; ++i) {
      ASSERT_TRUE(set.contains(IpAddress::v4(be32(0x0a000000 + 2 * i)))) << i << " of " << count;
      ASSERT_FALSE(set.contains(IpAddress::v4(be32(0x0a000001 + 2 * i)))) << i << " of " << count;
    }
  }
}

TEST(PrefixSet, AMillionPrefixesTakeNineBytesEach) {
  std::vector<IpPrefix> prefixes;
  for (uint32_t i = 0; i < 1'000'000; ++i) {
    prefixes.emplace_back(IpAddress::v4(be32(i << 12)), 32);
  }
  std::ranges::reverse(prefixes);
  const PrefixSet set(prefixes);
  EXPECT_LE(set.bytes(), 9'000'000u);
  EXPECT_TRUE(set.contains(IpAddress::v4(be32(999'999u << 12))));
  EXPECT_FALSE(set.contains(IpAddress::v4(be32(1'000'000u << 12))));
}

}  // namespace
}  // namespace weft
