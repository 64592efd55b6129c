#include "mgmt/controller/blackholes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mgmt/controller/test_gateway.h"

namespace weft::mgmt {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

IpPrefix prefix(std::string_view text) {
  return IpPrefix::parse(text).value();
}
bool takes(const Blackholes& blackholes, std::string_view address) {
  return blackholes.set() != nullptr && blackholes.set()->contains(*IpAddress::parse(address));
}

TEST(Blackholes, AreWhatWasAddedAndNotRemoved) {
  Blackholes blackholes({});
  EXPECT_EQ(blackholes.set(), nullptr);
  ASSERT_TRUE(blackholes.change({.add = {prefix("198.51.100.0/24"), prefix("fd00::/64")}}));
  ASSERT_TRUE(blackholes.change({.add = {prefix("198.51.100.0/24")}})) << "it is there already";
  EXPECT_TRUE(takes(blackholes, "198.51.100.7"));
  EXPECT_TRUE(takes(blackholes, "fd00::7"));
  ASSERT_TRUE(blackholes.change({.remove = {prefix("198.51.100.0/24")}}));
  EXPECT_FALSE(takes(blackholes, "198.51.100.7"));
  EXPECT_THAT(blackholes.prefixes(), ElementsAre(prefix("fd00::/64")));
  ASSERT_TRUE(blackholes.change({.remove = {prefix("fd00::/64")}}));
  EXPECT_EQ(blackholes.set(), nullptr);
}

TEST(Blackholes, AChangeThatCannotBeChangesNothing) {
  Blackholes blackholes({prefix("198.51.100.0/24")});
  const auto set = blackholes.set();
  const Result<void> missing =
      blackholes.change({.add = {prefix("::1")}, .remove = {prefix("198.51.100.0/25")}});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "198.51.100.0/25 is not blackholed");
  BlackholeChange many;
  for (uint32_t i = 0; i < Blackholes::prefixes_max; ++i) {
    many.add.push_back(IpPrefix::host(IpAddress::v4(be32(i))));
  }
  const Result<void> full = blackholes.change(many);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().message, "10001 blackholes, at most 10000 are possible");
  EXPECT_EQ(blackholes.set(), set);
  many.add.pop_back();
  EXPECT_TRUE(blackholes.change(many));
}

TestGateway serving(ControllerSettings settings = {}) {
  TestGateway gateway(web_model(), std::move(settings));
  gateway.answer_probes({});
  gateway.poll();
  gateway.publishes();
  gateway.at(2000);
  return gateway;
}

TEST(BlackholesOfAGateway, ArePublishedAtOnceAndStayOverReloads) {
  TestGateway gateway = serving();
  EXPECT_EQ(gateway.desired().blackholes, nullptr);
  ASSERT_TRUE(gateway->on_blackholes({.add = {prefix("198.51.100.0/24")}}, gateway.now()));
  EXPECT_THAT(gateway.poll(), Contains(HasSubstr("log blackholes")));
  const auto set = gateway.desired().blackholes;
  ASSERT_NE(set, nullptr);
  EXPECT_TRUE(set->contains(*IpAddress::parse("198.51.100.7")));
  EXPECT_EQ(gateway->status().blackholes, 1u);
  gateway.publishes();
  gateway.reloads(web_model());
  gateway.at(3000);
  EXPECT_EQ(gateway.desired().blackholes, set) << "the same one, not built anew";
}

TEST(BlackholesOfAGateway, ComeBackWithTheProcess) {
  ControllerSettings settings;
  settings.blackholes = {prefix("198.51.100.0/24")};
  TestGateway gateway = serving(settings);
  EXPECT_THAT(gateway->blackholes(), ElementsAre(prefix("198.51.100.0/24")));
  ASSERT_NE(gateway.desired().blackholes, nullptr);
}

TEST(BlackholesOfAGateway, ARefusedChangePublishesNothing) {
  TestGateway gateway = serving();
  EXPECT_FALSE(gateway->on_blackholes({.remove = {prefix("::1")}}, gateway.now()));
  EXPECT_THAT(gateway.poll(), IsEmpty());
}

}  // namespace
}  // namespace weft::mgmt
