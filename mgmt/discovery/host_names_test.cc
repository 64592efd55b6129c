#include "mgmt/discovery/host_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::mgmt {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Instant at(int64_t ms) {
  return Instant(milliseconds(ms));
}
Answer address(std::string_view text) {
  return {{*IpAddress::parse(text)}};
}

std::vector<LookUp> polled(HostNames& names, Instant now) {
  std::vector<LookUp> look_ups;
  names.poll(now, look_ups);
  return look_ups;
}

TEST(HostNames, LooksNewNamesUpAtOnceAndForgetsOthers) {
  HostNames names({}, 1);
  names.want({{"a", seconds(10)}, {"b", seconds(10)}}, at(0));
  const auto look_ups = polled(names, at(0));
  ASSERT_THAT(look_ups, SizeIs(2));
  EXPECT_TRUE(names.on_answer("a", look_ups[0].attempt, address("10.0.0.1"), at(5)));
  names.want({{"a", seconds(10)}}, at(6));
  EXPECT_FALSE(names.on_answer("b", look_ups[1].attempt, address("10.0.0.2"), at(7)));
  EXPECT_EQ(names.find("b"), nullptr);
  ASSERT_NE(names.find("a"), nullptr);
  EXPECT_TRUE(names.find("a")->known());
  EXPECT_THAT(polled(names, at(8)), IsEmpty());
}

TEST(HostNames, ANameThatComesBackTellsTheOldAnswerApart) {
  HostNames names({}, 1);
  names.want({{"a", seconds(10)}}, at(0));
  const LookUp old = polled(names, at(0)).at(0);
  names.want({}, at(1));
  names.want({{"a", seconds(10)}}, at(2));
  const LookUp recent = polled(names, at(2)).at(0);
  EXPECT_FALSE(names.on_answer("a", old.attempt, address("10.0.0.1"), at(3)));
  EXPECT_TRUE(names.on_answer("a", recent.attempt, address("10.0.0.2"), at(3)));
  EXPECT_FALSE(names.on_answer("a", recent.attempt, address("10.0.0.3"), at(3)));
}

TEST(HostNames, BoundsTheLookUpsInFlight) {
  HostNames names({.in_flight_max = 2}, 1);
  names.want({{"a", seconds(10)}, {"b", seconds(10)}, {"c", seconds(10)}}, at(0));
  const auto first = polled(names, at(0));
  ASSERT_THAT(first, SizeIs(2));
  EXPECT_EQ(names.next_poll(), at(30'000));  // when the resolver is given up
  names.on_answer(first[1].name, first[1].attempt, address("10.0.0.1"), at(10));
  EXPECT_EQ(names.next_poll(), at(0));
  const auto second = polled(names, at(10));
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_EQ(second[0].name, "c");
}

TEST(HostNames, ALookUpThatNeverAnswersIsGivenUpAndTriedAgain) {
  HostNames names({}, 1);
  names.want({{"a", seconds(10)}}, at(0));
  const LookUp lost = polled(names, at(0)).at(0);
  std::vector<LookUp> look_ups;
  EXPECT_TRUE(names.poll(at(30'000), look_ups));
  EXPECT_EQ(names.find("a")->problem(), "no answer from the resolver");
  EXPECT_FALSE(names.on_answer("a", lost.attempt, address("10.0.0.1"), at(30'001)));
  EXPECT_LE(names.next_poll(), at(30'500));
  EXPECT_THAT(polled(names, names.next_poll()), SizeIs(1));
}

TEST(HostNames, AShorterIntervalCountsAtOnce) {
  HostNames names({}, 1);
  names.want({{"a", seconds(60)}}, at(0));
  const LookUp look_up = polled(names, at(0)).at(0);
  names.on_answer("a", look_up.attempt, address("10.0.0.1"), at(0));
  EXPECT_GT(names.next_poll(), at(50'000));
  names.want({{"a", seconds(2)}}, at(1000));
  EXPECT_EQ(names.next_poll(), at(3000));
}

}  // namespace
}  // namespace weft::mgmt
