#include "mgmt/discovery/name_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::mgmt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr ResolveLimits limits{};
constexpr double middle = 0.5;  // of the dice

Instant at(int64_t ms) {
  return Instant(milliseconds(ms));
}
IpAddress ip(std::string_view text) {
  return *IpAddress::parse(text);
}
Answer temporary() {
  return fail("server failure", Fault::environment, true);
}
Answer denied() {
  return fail("no such name", Fault::environment, false);
}

// A name looked up every ten seconds, and a clock that stands at its next look-up.
struct Watched {
  NameWatch watch{seconds(10), at(0)};
  uint32_t attempt = 0;
  Instant now = at(0);

  bool answer(const Answer& answer, double fraction = middle) {
    now = watch.next();
    watch.on_start(++attempt, limits, now);
    return watch.on_answer(answer, limits, fraction, now);
  }
  Duration wait() const { return watch.next() - now; }
};

TEST(NameWatch, IsLookedUpAtOnceAndThenEveryInterval) {
  Watched name;
  EXPECT_EQ(name.watch.next(), at(0));
  EXPECT_FALSE(name.watch.known());
  EXPECT_TRUE(name.answer({{ip("10.0.0.2"), ip("10.0.0.1"), ip("10.0.0.2")}}));
  EXPECT_TRUE(name.watch.known());
  EXPECT_THAT(name.watch.addresses(), ElementsAre(ip("10.0.0.1"), ip("10.0.0.2")));
  EXPECT_EQ(name.wait(), seconds(10));
  EXPECT_FALSE(name.answer({{ip("10.0.0.1"), ip("10.0.0.2")}}, 0));
  EXPECT_EQ(name.wait(), seconds(9));
  name.answer({{ip("10.0.0.1"), ip("10.0.0.2")}}, 0.9999999);
  EXPECT_NEAR(static_cast<double>(to_ms(name.wait())), 11'000, 1);
}

TEST(NameWatch, ATemporaryFailureKeepsTheLastGoodAddresses) {
  Watched name;
  name.answer({{ip("10.0.0.1")}});
  for (int i = 0; i < 20; ++i) name.answer(temporary());
  EXPECT_THAT(name.watch.addresses(), ElementsAre(ip("10.0.0.1")));
  EXPECT_EQ(name.watch.problem(), "server failure; its last good addresses stay");
  EXPECT_TRUE(name.answer({{ip("10.0.0.1")}}));
  EXPECT_EQ(name.watch.problem(), "");
}

TEST(NameWatch, FailuresBackOffWithFullJitterUpToTheInterval) {
  Watched name;
  std::vector<int64_t> waits_ms;
  for (int i = 0; i < 8; ++i) {
    name.answer(temporary(), middle);
    waits_ms.push_back(to_ms(name.wait()));
  }
  EXPECT_THAT(waits_ms, ElementsAre(250, 500, 1000, 2000, 4000, 5000, 5000, 5000));
  name.answer(temporary(), 0);
  EXPECT_EQ(name.wait(), milliseconds(100));
  name.answer({{ip("10.0.0.1")}});
  name.answer(temporary(), middle);
  EXPECT_EQ(name.wait(), milliseconds(250));
}

TEST(NameWatch, ADenialEmptiesTheSetOnlyWhenItHasComeThreeTimesInARow) {
  Watched name;
  name.answer({{ip("10.0.0.1")}});
  EXPECT_TRUE(name.answer(denied()));
  EXPECT_EQ(name.watch.problem(),
            "no such name (1 of 3 times in a row until its last good addresses go)");
  EXPECT_EQ(name.wait(), seconds(10));
  name.answer(temporary());  // counts for neither
  name.answer(denied());
  EXPECT_THAT(name.watch.addresses(), ElementsAre(ip("10.0.0.1")));
  EXPECT_TRUE(name.answer(denied()));
  EXPECT_THAT(name.watch.addresses(), IsEmpty());
  EXPECT_TRUE(name.watch.known());
  EXPECT_EQ(name.watch.problem(), "no such name");
  EXPECT_TRUE(name.answer({{ip("10.0.0.9")}}));
  EXPECT_THAT(name.watch.addresses(), ElementsAre(ip("10.0.0.9")));
}

TEST(NameWatch, AnAnswerBetweenDenialsCountsThemFromZero) {
  Watched name;
  name.answer({{ip("10.0.0.1")}});
  name.answer(denied());
  name.answer(denied());
  name.answer({{ip("10.0.0.1")}});
  name.answer(denied());
  name.answer(denied());
  EXPECT_THAT(name.watch.addresses(), ElementsAre(ip("10.0.0.1")));
}

TEST(NameWatch, ANameThatIsDeniedFromTheStartIsKnownToBeEmpty) {
  Watched name;
  EXPECT_TRUE(name.answer(temporary()));
  EXPECT_FALSE(name.watch.known());
  EXPECT_EQ(name.watch.problem(), "server failure");
  EXPECT_TRUE(name.answer(denied()));
  EXPECT_TRUE(name.watch.known());
  EXPECT_FALSE(name.answer(denied()));
}

TEST(NameWatch, AddressesOfBothFamiliesAreTaken) {
  Watched name;
  name.answer({{ip("fd00::1"), ip("10.0.0.1")}});
  EXPECT_THAT(name.watch.addresses(), ElementsAre(ip("10.0.0.1"), ip("fd00::1")));
  EXPECT_EQ(name.watch.problem(), "");
}

TEST(NameWatch, AddressesThatNoPacketReachesAreIgnored) {
  for (const char* address : {"127.0.0.1", "127.1.2.3", "0.0.0.0", "0.1.2.3", "224.0.0.1",
                              "240.0.0.1", "255.255.255.255", "fe80::1", "::1", "ff02::1"}) {
    Watched name;
    name.answer({{ip("10.0.0.1"), ip(address)}});
    EXPECT_THAT(name.watch.addresses(), ElementsAre(ip("10.0.0.1"))) << address;
    EXPECT_THAT(name.watch.problem(), HasSubstr("no endpoint can be there")) << address;
  }
  Watched local;
  local.answer({{ip("127.0.0.1")}});
  EXPECT_TRUE(local.watch.known());
  EXPECT_THAT(local.watch.addresses(), IsEmpty());
  EXPECT_EQ(local.watch.problem(), "127.0.0.1 is a loopback address: no endpoint can be there");
}

TEST(NameWatch, AnAnswerWithoutAUsableAddressIsADenial) {
  Watched name;
  name.answer({{ip("10.0.0.1")}});
  for (int i = 0; i < 2; ++i) name.answer({{ip("fe80::1"), ip("fe80::2")}});
  EXPECT_THAT(name.watch.addresses(), ElementsAre(ip("10.0.0.1")));
  EXPECT_THAT(name.watch.problem(), HasSubstr("fe80::1 is a link-local address"));
  name.answer(Answer{});
  EXPECT_THAT(name.watch.addresses(), IsEmpty());
  EXPECT_EQ(name.watch.problem(), "no addresses");
}

TEST(NameWatch, AShorterIntervalBringsTheNextLookUpNearer) {
  Watched name;
  name.answer({{ip("10.0.0.1")}});
  name.watch.set_interval(seconds(1), name.now);
  EXPECT_EQ(name.wait(), seconds(1));
  name.watch.set_interval(seconds(5), name.now);
  EXPECT_EQ(name.wait(), seconds(1));
}

TEST(NameWatch, IsGivenUpWhenNoAnswerComes) {
  NameWatch watch(seconds(10), at(0));
  watch.on_start(1, limits, at(0));
  EXPECT_TRUE(watch.in_flight());
  EXPECT_EQ(watch.next(), at(30'000));
}

}  // namespace
}  // namespace weft::mgmt
