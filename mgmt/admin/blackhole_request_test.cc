#include "mgmt/admin/blackhole_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::mgmt {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string refusal(const std::string& body) {
  const auto change = blackhole_change_in({.body = body});
  return change ? "" : change.error().message;
}

TEST(BlackholeRequest, NamesWhatToAddAndToRemove) {
  const auto change = blackhole_change_in(
      {.body = R"({"add": ["198.51.100.0/24", "2001:db8::7"], "remove": ["192.0.2.1"]})"});
  ASSERT_TRUE(change) << change.error().message;
  EXPECT_THAT(change->add, ElementsAre(*IpPrefix::parse("198.51.100.0/24"),
                                       *IpPrefix::parse("2001:db8::7/128")));
  EXPECT_THAT(change->remove, ElementsAre(*IpPrefix::parse("192.0.2.1/32")));
  const auto one = blackhole_change_in({.body = R"({"remove": ["::/0"]})"});
  ASSERT_TRUE(one);
  EXPECT_THAT(one->add, IsEmpty());
}

TEST(BlackholeRequest, WhatIsNoChangeIsSaid) {
  for (const char* body : {"", "add", "[]", "{\"add\""}) {
    EXPECT_EQ(refusal(body), "the request is no JSON object") << body;
  }
  EXPECT_EQ(refusal("{}"), "the request adds and removes nothing");
  EXPECT_EQ(refusal(R"({"add": "10.0.0.0/8"})"), "\"add\" is no list of prefixes");
  EXPECT_EQ(refusal(R"({"remove": [7]})"), "\"remove\" is no list of prefixes");
  EXPECT_EQ(refusal(R"({"add": ["10.0.0.0/33"]})"), "\"10.0.0.0/33\" is no IP address or prefix");
  EXPECT_EQ(refusal(R"({"add": ["host"]})"), "\"host\" is no IP address or prefix");
  EXPECT_EQ(refusal(R"({"add": ["10.0.0.1/8"]})"),
            "\"10.0.0.1/8\" has bits set beyond its length: write \"10.0.0.0/8\"");
}

}  // namespace
}  // namespace weft::mgmt
