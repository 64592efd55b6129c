#include "mgmt/fleet/fleet_sync.h"

#include <gtest/gtest.h>

#include <memory>

namespace weft::mgmt {
namespace {

constexpr EndpointSlot first{1}, second{2};

IpAddress ip(std::string_view text) {
  return *IpAddress::parse(text);
}
PeerAddress at(uint32_t site) {
  return {IpAddress::v4(be32(0xc0000200 + site)), 7946};
}
PlacedFlow flow(uint16_t port, std::string_view endpoint = "10.0.0.1") {
  return {ip("198.51.100.1"), ip("203.0.113.10"), ip(endpoint), be16(port), be16(80), be16(8080)};
}

// A gateway that knows two endpoints, 10.0.0.1 and 10.0.0.2.
struct Site {
  Site(uint32_t number, std::vector<uint32_t> others, Instant now, std::string key = "a secret",
       uint64_t process = 0)
      : address(at(number)),
        sync(
            settings(others, std::move(key), number + 1000 * process), known,
            [this](const PlacedFlow& each) { return resolve(each); }, now) {}

  static FleetSettings settings(const std::vector<uint32_t>& others, std::string key,
                                uint64_t seed) {
    FleetSettings settings{.fleet = "edge", .key = std::move(key), .random_seed = seed};
    for (const uint32_t other : others) settings.peers.push_back(at(other));
    return settings;
  }
  EndpointSlot resolve(const PlacedFlow& each) const {
    if (each.endpoint == ip("10.0.0.1")) return first;
    return each.endpoint == ip("10.0.0.2") ? second : none<EndpointSlot>;
  }
  std::optional<IpAddress> place(uint16_t port) const {
    const PlacedFlow key = flow(port);
    const auto found = known.find(key.client, key.client_port, key.listener, key.listener_port);
    return found ? std::optional(found->endpoint) : std::nullopt;
  }

  PeerAddress address;
  PeerFlows known{1024, KeyedHash({1, 2, 3, 4})};
  FleetSync sync;
  std::vector<PlacedFlow> at_risk;  // what its workers find
  uint32_t looks = 0;
};

struct FleetSyncTest : testing::Test {
  Site& start(uint32_t number, std::vector<uint32_t> others, std::string key = "a secret",
              uint64_t process = 0) {
    return *(sites[number] =
                 std::make_unique<Site>(number, std::move(others), now, std::move(key), process));
  }
  void advance(Duration duration) {
    for (const Instant end = now + duration; now < end;) {
      now += milliseconds(20);
      for (auto& [number, site] : sites) step(*site);
    }
  }
  void step(Site& site) {
    FleetSync::Actions actions = site.sync.poll(now);
    if (actions.look) {
      ++site.looks;
      for (const PlacedFlow& each : site.at_risk) site.sync.on_flow(each);
    }
    for (const auto& datagram : actions.datagrams) {
      ++datagrams;
      for (auto& [number, other] : sites) {
        const bool arrives = other->address == datagram.to && !lost(datagrams);
        if (arrives) other->sync.on_datagram(site.address, datagram.bytes, now);
      }
    }
  }
  static bool nothing(uint64_t) { return false; }

  Instant now{};
  std::map<uint32_t, std::unique_ptr<Site>> sites;
  uint64_t datagrams = 0;
  bool (*lost)(uint64_t) = nothing;
};

TEST_F(FleetSyncTest, APeerKnowsTheFlowsAtRiskSoonAfterAChange) {
  Site& a = start(1, {2});
  Site& b = start(2, {1});
  advance(seconds(2));
  a.at_risk = {flow(1), flow(2, "10.0.0.2")};
  a.sync.on_change(now);
  advance(milliseconds(100));
  EXPECT_EQ(b.place(1), ip("10.0.0.1"));
  EXPECT_EQ(b.place(2), ip("10.0.0.2"));
  EXPECT_FALSE(a.place(1));
  EXPECT_EQ(b.sync.held(), (std::set{first, second}));
  const FleetStatus status = b.sync.status(now);
  EXPECT_EQ(status.flows_known, 2u);
  EXPECT_TRUE(status.peers[0].lives);
  EXPECT_EQ(status.peers[0].flows_heard, 2u);
}

TEST_F(FleetSyncTest, OnePeerThatJoinsLearnsAll) {
  Site& a = start(1, {2});
  a.at_risk = {flow(1)};
  advance(seconds(60));
  EXPECT_EQ(a.looks, 0u) << "nobody hears it";
  Site& b = start(2, {1});
  advance(milliseconds(300));
  EXPECT_EQ(b.place(1), ip("10.0.0.1"));
  // And once more when it starts again.
  Site& again = start(2, {1}, "a secret", 1);
  advance(milliseconds(300));
  EXPECT_EQ(again.place(1), ip("10.0.0.1"));
  EXPECT_EQ(a.sync.status(now).peers[0].processes, 2u);
}

TEST_F(FleetSyncTest, LostDatagramsAreMadeGood) {
  Site& a = start(1, {2});
  Site& b = start(2, {1});
  lost = [](uint64_t n) { return (n * 0x9e3779b97f4a7c15u >> 60) < 4; };
  for (uint16_t port = 1; port <= 500; ++port) a.at_risk.push_back(flow(port));
  advance(seconds(120));
  // One of whom several datagrams in a row are lost is away for a moment.
  EXPECT_GE(b.sync.status(now).flows_known, 450u);
}

TEST_F(FleetSyncTest, AFlowThatEndedIsForgottenWhileItsPeerLives) {
  Site& a = start(1, {2});
  Site& b = start(2, {1});
  a.at_risk = {flow(1), flow(2, "10.0.0.2")};
  advance(seconds(10));
  a.at_risk = {flow(1)};
  advance(seconds(30));
  EXPECT_TRUE(b.place(1));
  EXPECT_FALSE(b.place(2));
  EXPECT_EQ(b.sync.held(), std::set{first});
}

TEST_F(FleetSyncTest, FlowsOfADeadPeerStayAsLongAsAFlowMayBeSilent) {
  Site& a = start(1, {2});
  Site& b = start(2, {1});
  a.at_risk = {flow(1)};
  advance(seconds(10));
  sites.erase(1);
  advance(seconds(290));
  EXPECT_TRUE(b.place(1));
  EXPECT_FALSE(b.sync.status(now).peers[0].lives);
  start(1, {2}, "a secret", 1);  // another process knows nothing of it
  advance(seconds(1));
  EXPECT_TRUE(b.place(1));
  advance(seconds(20));
  EXPECT_FALSE(b.place(1));
  EXPECT_TRUE(b.sync.held().empty());
}

TEST_F(FleetSyncTest, AnotherTimeToKeepHoldsForWhatIsKeptAlready) {
  Site& a = start(1, {2});
  Site& b = start(2, {1});
  a.at_risk = {flow(1)};
  advance(seconds(10));
  sites.erase(1);
  b.sync.keep_for(seconds(30));
  advance(seconds(20));
  EXPECT_TRUE(b.place(1));
  advance(seconds(30));
  EXPECT_FALSE(b.place(1));
}

TEST_F(FleetSyncTest, AFlowThatMovedToAnotherEndpointIsThere) {
  Site& a = start(1, {2});
  Site& b = start(2, {1});
  a.at_risk = {flow(1)};
  advance(seconds(10));
  a.at_risk = {flow(1, "10.0.0.2")};
  advance(seconds(6));
  EXPECT_EQ(b.place(1), ip("10.0.0.2"));
  EXPECT_EQ(b.sync.held(), std::set{second});
}

TEST_F(FleetSyncTest, AnEndpointThatIsNotHereIsCounted) {
  Site& a = start(1, {2});
  Site& b = start(2, {1});
  a.at_risk = {flow(1, "10.0.0.9")};
  advance(seconds(10));
  EXPECT_FALSE(b.place(1));
  EXPECT_GT(b.sync.status(now).unknown_endpoints, 0u);
}

TEST_F(FleetSyncTest, StrangersAndOtherKeysAreNotHeard) {
  Site& a = start(1, {2, 3});
  Site& b = start(2, {1});
  Site& c = start(3, {1, 2}, "another secret");
  c.at_risk = a.at_risk = {flow(1)};
  advance(seconds(10));
  EXPECT_GT(b.sync.status(now).strangers, 0u);
  EXPECT_GT(a.sync.status(now).peers[1].refused, 0u);
  EXPECT_FALSE(a.sync.status(now).peers[1].heard);
  EXPECT_FALSE(a.place(1));
  EXPECT_FALSE(c.place(1));
  EXPECT_TRUE(b.place(1));
}

TEST_F(FleetSyncTest, MemoryIsBoundedAndTheOldestGiveWay) {
  Site& a = start(1, {2});
  Site& b = start(2, {1});
  for (uint16_t port = 1; port <= 5000; ++port) a.at_risk.push_back(flow(port));
  advance(seconds(10));
  const FleetStatus status = b.sync.status(now);
  EXPECT_LE(status.flows_known, 1024u);
  EXPECT_GT(status.flows_known, 900u);
  EXPECT_GT(status.flows_replaced, 3000u);
  a.at_risk.clear();
  advance(seconds(30));
  EXPECT_EQ(b.sync.status(now).flows_known, 0u);
  EXPECT_TRUE(b.sync.held().empty());
}

TEST_F(FleetSyncTest, WithNothingToTellItSaysOneHelloASecond) {
  start(1, {2});
  start(2, {1});
  advance(seconds(5));
  const uint64_t before = datagrams;
  advance(seconds(100));
  EXPECT_NEAR(static_cast<double>(datagrams - before), 200, 6);
}

}  // namespace
}  // namespace weft::mgmt
