#include "dataplane/wire/ip_address.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

IpAddress ip(std::string_view text) {
  return IpAddress::parse(text).value();
}

TEST(IpAddress, ReadsAndWritesBothFamilies) {
  for (const auto* text : {"10.0.0.1", "255.255.255.255", "fd00::1", "::"}) {
    EXPECT_EQ(ip(text).to_string(), text);
  }
  EXPECT_EQ(ip("10.0.0.1").to_string(80), "10.0.0.1:80");
  EXPECT_EQ(ip("fd00::1").to_string(80), "[fd00::1]:80");
  EXPECT_TRUE(ip("10.0.0.1").is_v4());
  EXPECT_FALSE(ip("fd00::1").is_v4());
}

TEST(IpAddress, RefusesWhatIsNotAnAddress) {
  for (const auto* text : {"", "10.0.0", "10.0.0.256", "10.0.0.1 ", "fd00::1%eth0", "a"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
}

TEST(IpAddress, KnowsAddressesThatNoPacketMayComeFrom) {
  EXPECT_TRUE(ip("224.0.0.1").is_multicast());
  EXPECT_TRUE(ip("ff02::1").is_multicast());
  EXPECT_FALSE(ip("223.255.255.255").is_multicast());
  EXPECT_TRUE(ip("127.9.9.9").is_loopback());
  EXPECT_TRUE(ip("::1").is_loopback());
  EXPECT_TRUE(ip("0.0.0.0").is_unspecified());
  EXPECT_TRUE(ip("::").is_unspecified());
}

TEST(IpPrefix, ContainsItsOwnFamilyOnly) {
  const auto prefix = IpPrefix::parse("10.1.0.0/15").value();
  EXPECT_EQ(prefix.to_string(), "10.0.0.0/15");
  EXPECT_TRUE(prefix.contains(ip("10.1.255.255")));
  EXPECT_FALSE(prefix.contains(ip("10.2.0.0")));
  EXPECT_TRUE(IpPrefix::parse("0.0.0.0/0")->contains(ip("203.0.113.1")));
  EXPECT_FALSE(IpPrefix::parse("::/0")->contains(ip("203.0.113.1")));
  EXPECT_TRUE(IpPrefix::parse("fd00::/8")->contains(ip("fdff::1")));
}

TEST(IpPrefix, RefusesBadLengths) {
  for (const auto* text : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "fd00::/129", "/8"}) {
    EXPECT_FALSE(IpPrefix::parse(text)) << text;
  }
  EXPECT_TRUE(IpPrefix::parse("10.0.0.1")->is_host());
}

}  // namespace
}  // namespace weft
