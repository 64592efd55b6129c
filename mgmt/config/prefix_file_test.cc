#include "mgmt/config/prefix_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::mgmt::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

IpPrefix prefix(std::string_view text) {
  return IpPrefix::parse(text).value();
}

std::string errors_of(std::string_view text) {
  return to_string(parse_prefix_file(text, "bad.txt").errors);
}

TEST(PrefixFile, HasAPrefixOnEachLine) {
  const PrefixFile file = parse_prefix_file(
      "# scanners\n198.51.100.0/24\n\n  2001:db8:bad::/48\t# since March\n192.0.2.7\r\n::1", "x");
  EXPECT_THAT(file.errors, IsEmpty());
  EXPECT_THAT(file.prefixes, ElementsAre(prefix("198.51.100.0/24"), prefix("2001:db8:bad::/48"),
                                         prefix("192.0.2.7"), prefix("::1")));
}

TEST(PrefixFile, MayBeEmpty) {
  for (const char* text : {"", "\n", "#", " \t\r\n# nothing", "\xef\xbb\xbf"}) {
    const PrefixFile file = parse_prefix_file(text, "x");
    EXPECT_THAT(file.errors, IsEmpty()) << text;
    EXPECT_THAT(file.prefixes, IsEmpty()) << text;
  }
}

TEST(PrefixFile, EveryLineThatIsNoPrefixIsSaidWithItsPlace) {
  EXPECT_EQ(errors_of("10.0.0.0/8\n  10.0.0.0/33\n10.0.0.1/8 # x\n10.0.0.0 10.0.0.1\n"),
            R"(bad.txt:2:3: "10.0.0.0/33" has no prefix length between 0 and 32 but "33"
  10.0.0.0/33
  ^
bad.txt:3:1: "10.0.0.1/8" has bits set beyond its length: write "10.0.0.0/8"
10.0.0.1/8 # x
^
bad.txt:4:1: "10.0.0.0 10.0.0.1" is no IP address or prefix
10.0.0.0 10.0.0.1
^
)");
}

TEST(PrefixFile, ErrorsAreBounded) {
  std::string text;
  for (uint32_t i = 0; i < errors_max + 7; ++i) text += "x\n";
  const PrefixFile file = parse_prefix_file(text, "bad.txt");
  ASSERT_THAT(file.errors, SizeIs(errors_max + 1));
  EXPECT_EQ(file.errors.back().message, "7 more errors");
}

TEST(PrefixFile, WhatIsNoTextIsAnErrorAndShownAsText) {
  EXPECT_EQ(errors_of(std::string_view("\0\xff\x1b[2J", 6)),
            "bad.txt:1:1: \"???[2J\" is no IP address or prefix\n???[2J\n^\n");
}

}  // namespace
}  // namespace weft::mgmt::config
