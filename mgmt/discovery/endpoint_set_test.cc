#include "mgmt/discovery/endpoint_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataplane/base/ids.h"

namespace weft::mgmt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

Instant at(int64_t ms) {
  return Instant(milliseconds(ms));
}
IpAddress ip(std::string_view text) {
  return *IpAddress::parse(text);
}

ClusterSettings cluster(std::vector<EndpointSettings> endpoints) {
  ClusterSettings settings;
  settings.endpoints = std::move(endpoints);
  return settings;
}

std::vector<std::string> texts(const EndpointSet& set) {
  std::vector<std::string> texts;
  for (const DiscoveredEndpoint& endpoint : set.endpoints) {
    texts.push_back(endpoint.at.to_string() + " " + std::to_string(endpoint.weight));
  }
  return texts;
}

// Host names of which these are known.
HostNames resolved(const std::map<std::string, std::vector<IpAddress>>& known) {
  HostNames names({}, 1);
  std::map<std::string, Duration> intervals;
  for (const auto& [name, addresses] : known) intervals.emplace(name, seconds(10));
  names.want(intervals, at(0));
  std::vector<LookUp> look_ups;
  names.poll(at(0), look_ups);
  for (const LookUp& look_up : look_ups) {
    names.on_answer(look_up.name, look_up.attempt, known.at(look_up.name), at(0));
  }
  return names;
}

TEST(EndpointSet, IsOrderedByAddressAndPort) {
  const auto set = discover(
      cluster({{"10.0.0.2", 80, 1}, {"10.0.0.10", 80, 2}, {"10.0.0.2", 79, 3}}), resolved({}), {});
  EXPECT_THAT(texts(set), ElementsAre("10.0.0.2:79 3", "10.0.0.2:80 1", "10.0.0.10:80 2"));
  EXPECT_TRUE(set.complete);
  EXPECT_EQ(set.problem, "");
}

TEST(EndpointSet, ANameIsAsManyEndpointsAsItHasAddresses) {
  const auto set = discover(cluster({{"app.internal", 8080, 5}, {"10.0.0.9", 80, 1}}),
                            resolved({{"app.internal", {ip("10.0.0.2"), ip("10.0.0.1")}}}), {});
  EXPECT_THAT(texts(set), ElementsAre("10.0.0.1:8080 5", "10.0.0.2:8080 5", "10.0.0.9:80 1"));
  EXPECT_EQ(set.endpoints[0].host, "app.internal");
  EXPECT_EQ(set.endpoints[2].host, "");
}

TEST(EndpointSet, OfRepeatedEndpointsTheFirstEntryCounts) {
  const auto set = discover(cluster({{"a", 80, 7}, {"10.0.0.1", 80, 1}, {"b", 80, 9}}),
                            resolved({{"a", {ip("10.0.0.1")}}, {"b", {ip("10.0.0.1")}}}), {});
  EXPECT_THAT(texts(set), ElementsAre("10.0.0.1:80 7"));
}

TEST(EndpointSet, IsIncompleteWhileANameIsNotKnown) {
  HostNames names({}, 1);
  const ClusterSettings settings = cluster({{"a", 80, 1}, {"10.0.0.1", 80, 1}});
  names.want({{"a", seconds(10)}}, at(0));
  EXPECT_FALSE(discover(settings, names, {}).complete);
  EXPECT_THAT(discover(settings, names, {}).endpoints, SizeIs(1));
  std::vector<LookUp> look_ups;
  names.poll(at(0), look_ups);
  names.on_answer("a", look_ups[0].attempt, fail("no such name"), at(1));
  const auto set = discover(settings, names, {});
  EXPECT_TRUE(set.complete);
  EXPECT_EQ(set.problem, "a: no such name");
}

TEST(EndpointSet, BothFamiliesAreTaken) {
  const auto set = discover(cluster({{"fd00::1", 80, 1}, {"10.0.0.1", 80, 1}, {"a", 80, 1}}),
                            resolved({{"a", {ip("fd00::2"), ip("10.0.0.2")}}}), {});
  EXPECT_THAT(texts(set), UnorderedElementsAre("10.0.0.1:80 1", "10.0.0.2:80 1", "[fd00::1]:80 1",
                                               "[fd00::2]:80 1"));
  EXPECT_EQ(set.problem, "");
}

TEST(EndpointSet, WhatIsTheGatewayItselfIsIgnoredWithAReason) {
  Model model;
  model.interfaces.resize(1);
  model.interfaces[0].name = "edge";
  model.interfaces[0].addresses = {{ip("10.0.0.254"), 24}};
  model.interfaces[0].source_addresses = {*IpPrefix::parse("10.0.0.240/29")};
  model.listeners.resize(2);
  model.listeners[0].name = "web";
  model.listeners[0].address = *IpPrefix::parse("10.0.0.100");
  model.listeners[1].name = "all";
  model.listeners[1].address = *IpPrefix::parse("10.0.0.0/8");
  const auto set = discover(
      cluster({{"a", 80, 1}, {"10.0.0.100", 80, 1}}),
      resolved({{"a", {ip("10.0.0.1"), ip("10.0.0.100"), ip("10.0.0.241"), ip("10.0.0.254")}}}),
      OwnAddresses(model));
  EXPECT_THAT(texts(set), ElementsAre("10.0.0.1:80 1"));
  EXPECT_TRUE(set.complete);
  const std::string end = ": an endpoint cannot be the gateway itself";
  EXPECT_EQ(set.problem, "a: 10.0.0.100 is an address of listener \"web\"" + end +
                             "; a: 10.0.0.241 is an address of interface \"edge\"" + end +
                             "; a: 10.0.0.254 is an address of interface \"edge\"" + end +
                             "; 10.0.0.100 is an address of listener \"web\"" + end);
}

TEST(EndpointSet, ManyProblemsAreShortened) {
  std::vector<EndpointSettings> endpoints;
  for (int i = 1; i <= 9; ++i) endpoints.push_back({"fe80::" + std::to_string(i), 80, 1});
  const auto set = discover(cluster(endpoints), resolved({}), {});
  EXPECT_THAT(set.problem, HasSubstr("fe80::4 is "));
  EXPECT_THAT(set.problem, HasSubstr("; and 5 more"));
}

TEST(EndpointSet, IsBounded) {
  std::vector<IpAddress> addresses;
  for (uint32_t i = 0; i <= cluster_endpoints_max; ++i) {
    addresses.push_back(IpAddress::v4(be32(0x0a000001 + i)));
  }
  const auto set = discover(cluster({{"a", 80, 1}}), resolved({{"a", addresses}}), {});
  EXPECT_THAT(set.endpoints, SizeIs(cluster_endpoints_max));
  EXPECT_EQ(set.problem, "65536 endpoints, of which the first 65535 by address are used");
}

TEST(EndpointSet, NamesAreFoundOnce) {
  EXPECT_THAT(names_in(cluster({{"b", 80, 1}, {"10.0.0.1", 80, 1}, {"a", 80, 1}, {"b", 81, 1}})),
              ElementsAre("a", "b"));
  EXPECT_THAT(names_in(cluster({{"10.0.0.1", 80, 1}, {"fd00::1", 80, 1}})), IsEmpty());
}

TEST(EndpointAddress, WritesIPv6InBrackets) {
  EXPECT_EQ((EndpointAddress{ip("10.0.0.1"), 80}).to_string(), "10.0.0.1:80");
  EXPECT_EQ((EndpointAddress{ip("fd00::1"), 80}).to_string(), "[fd00::1]:80");
}

}  // namespace
}  // namespace weft::mgmt
