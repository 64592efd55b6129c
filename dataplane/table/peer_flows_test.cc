#include "dataplane/table/peer_flows.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

namespace weft {
namespace {

constexpr Instant start = Instant(seconds(1));

PlacedFlow flow(uint32_t n, uint32_t endpoint = 1) {
  return {IpAddress::v4(be32(0xc0000200 + n)),
          IpAddress::v4(be32(0xcb00710a)),
          IpAddress::v4(be32(0x0a000000 + endpoint)),
          be16(static_cast<uint16_t>(1024 + n)),
          be16(80),
          be16(8080)};
}
std::optional<PeerFlows::Place> find(const PeerFlows& table, const PlacedFlow& key) {
  return table.find(key.client, key.client_port, key.listener, key.listener_port);
}
EndpointSlot slot(uint32_t n) {
  return EndpointSlot{n};
}

struct PeerFlowsTest : testing::Test {
  PeerFlows::Put put(const PlacedFlow& flow, uint32_t its_slot, Instant at = start) {
    return table.put(flow, {.teller = 7, .at = at, .slot = slot(its_slot)}, lost);
  }
  PeerFlows table{64, KeyedHash({1, 2, 3, 4})};
  EndpointSlot lost = none<EndpointSlot>;
};

TEST_F(PeerFlowsTest, AFlowIsFoundWithItsEndpointUntilItIsRemoved) {
  EXPECT_FALSE(find(table, flow(1)));
  EXPECT_EQ(put(flow(1, 5), 3), PeerFlows::Put::added);
  const auto place = find(table, flow(1));
  ASSERT_TRUE(place);
  EXPECT_EQ(place->slot, slot(3));
  EXPECT_EQ(place->endpoint, flow(1, 5).endpoint);
  EXPECT_EQ(place->endpoint_port, be16(8080));
  EXPECT_EQ(table.size(), 1u);
  table.sweep(table.sets(), [](const PeerFlows::Told& told) { return told.teller == 7; });
  EXPECT_FALSE(find(table, flow(1)));
  EXPECT_EQ(table.size(), 0u);
}

TEST_F(PeerFlowsTest, EveryPartOfTheKeyCounts) {
  const PlacedFlow known = flow(1);
  put(known, 3);
  for (int part = 0; part < 4; ++part) {
    PlacedFlow other = known;
    if (part == 0) other.client = IpAddress::v4(be32(1));
    if (part == 1) other.listener = IpAddress::v4(be32(1));
    if (part == 2) other.client_port = be16(1);
    if (part == 3) other.listener_port = be16(1);
    EXPECT_FALSE(find(table, other)) << part;
  }
}

TEST_F(PeerFlowsTest, AFlowThatIsToldAgainIsRenewedAndMayHaveMoved) {
  put(flow(1, 5), 3);
  EXPECT_EQ(put(flow(1, 5), 3), PeerFlows::Put::renewed);
  EXPECT_EQ(lost, none<EndpointSlot>);
  EXPECT_EQ(put(flow(1, 6), 4), PeerFlows::Put::renewed);
  EXPECT_EQ(lost, slot(3));
  EXPECT_EQ(find(table, flow(1))->endpoint, flow(1, 6).endpoint);
  EXPECT_EQ(table.size(), 1u);
}

TEST_F(PeerFlowsTest, WhatWasToldLongestAgoGivesWay) {
  std::map<uint32_t, EndpointSlot> held;
  for (uint32_t n = 0; n < 1000; ++n) {
    const PeerFlows::Put put_so = put(flow(n), n, start + milliseconds(n));
    EXPECT_NE(put_so, PeerFlows::Put::renewed);
    EXPECT_EQ(lost == none<EndpointSlot>, put_so == PeerFlows::Put::added);
    held[n] = slot(n);
    if (lost != none<EndpointSlot>) held.erase(index(lost));
    EXPECT_EQ(table.size(), held.size());
  }
  EXPECT_EQ(table.size(), table.flows_max());
  for (uint32_t n = 0; n < 1000; ++n) {
    EXPECT_EQ(find(table, flow(n)).has_value(), held.contains(n));
    EXPECT_TRUE(n <= 980 || held.contains(n));
  }
}

TEST_F(PeerFlowsTest, ASweepSeesEachEntryOnceInARound) {
  for (uint32_t n = 0; n < 20; ++n) put(flow(n), n);
  std::map<uint32_t, int> seen;
  for (uint32_t set = 0; set < table.sets(); ++set) {
    table.sweep(1, [&](const PeerFlows::Told& told) {
      ++seen[index(told.slot)];
      return false;
    });
  }
  EXPECT_EQ(seen.size(), 20u);
  for (const auto& [n, times] : seen) EXPECT_EQ(times, 1);
}

// An endpoint's address and slot are written as a pair, and are read as one.
TEST(PeerFlows, AReaderNeverSeesHalfAnEntry) {
  PeerFlows table(64, KeyedHash({1, 2, 3, 4}));
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    EndpointSlot lost = none<EndpointSlot>;
    for (uint32_t n = 1; !stop.load(std::memory_order_relaxed); n = n % 1000 + 1) {
      table.put(flow(n % 8, n), {.teller = 0, .at = start, .slot = slot(n)}, lost);
      if (n % 100 == 0) table.sweep(table.sets(), [](const auto&) { return true; });
    }
  });
  uint64_t found = 0;
  for (int round = 0; round < 200'000; ++round) {
    const auto place = find(table, flow(static_cast<uint32_t>(round) % 8));
    if (!place) continue;
    ++found;
    ASSERT_EQ(place->endpoint, IpAddress::v4(be32(0x0a000000 + index(place->slot))));
  }
  stop.store(true, std::memory_order_relaxed);
  writer.join();
  EXPECT_GT(found, 100u);
}

}  // namespace
}  // namespace weft
